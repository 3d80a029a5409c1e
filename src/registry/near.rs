//! The name that was probably meant: near in spelling where the two names differ, and nowhere else.

/// The nearest of some names, if one is near enough that nobody would doubt it.
pub(super) fn nearest<'n>(key: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let near = names.filter_map(|name| Some((distance(key, name)?, name)));
    near.min().map(|(_, name)| name)
}

/// The edits between two names, if they are few for the length of what differs.
fn distance(a: &str, b: &str) -> Option<usize> {
    let (a, b) = differing(a, b);
    let longer = a.len().max(b.len());
    // More than the longer part could ever be allowed: no need to count.
    if a.len().abs_diff(b.len()) > longer / 4 + 1 {
        return None;
    }
    let edits = strsim::damerau_levenshtein(&a, &b);
    (longer >= 3 && edits <= (longer / 4).clamp(1, 3)).then_some(edits)
}

/// The parts of two dotted names that they do not share at the beginning or at the end.
fn differing(a: &str, b: &str) -> (String, String) {
    let (a, b): (Vec<&str>, Vec<&str>) = (a.split('.').collect(), b.split('.').collect());
    let same = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let (a, b) = (&a[same..], &b[same..]);
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    (a[..a.len() - same].join("."), b[..b.len() - same].join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near<'n>(key: &str, name: &'n str) -> Option<&'n str> {
        nearest(key, [name].into_iter())
    }

    #[test]
    fn slips_of_the_pen_are_near() {
        for (key, name) in [
            ("http.request.metod", "http.request.method"),
            ("http.response.status.code", "http.response.status_code"),
            ("gen_ai.response.finish_reason", "gen_ai.response.finish_reasons"),
            ("server.adress", "server.address"),
        ] {
            assert_eq!(near(key, name), Some(name));
        }
    }

    #[test]
    fn other_words_are_not() {
        for (key, name) in [
            ("host.os", "host.ip"),
            ("user.name", "user.role"),
            ("gen_ai.usage.total_tokens", "gen_ai.usage.input_tokens"),
            ("gen_ai.tool.call.args", "gen_ai.tool.call.id"),
            ("http.request", "http.route"),
            ("db.query.text.hash", "db.query.text"),
        ] {
            assert_eq!(near(key, name), None, "{key}");
        }
    }
}
