//! `instrument-leaks-args`: a span records an argument that is a secret or bulky.

use std::collections::BTreeMap;

use crate::facts::{Facts, FunctionKind, Param, Value, ValueId};
use crate::program::SpanSite;
use crate::rule::{Context, Finding, Findings, Level};
use crate::text::Symbol;

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.spans.iter().filter(|it| it.records_arguments) {
        let (facts, local) = ctx.program.facts_of(site.owner);
        let params = facts.params(local).iter().filter(|it| site.records(it.name));
        let leaks: Vec<(&Param, Leak)> = params.filter_map(|it| Some((it, leak(facts, it)?))).collect();
        tell(ctx, found, site, &leaks);
    }
    let package = |it: &Finding| it.function.map_or("", |it| ctx.program.function(it).package());
    let mut habits: BTreeMap<&str, usize> = BTreeMap::new();
    found.list.iter().filter(|it| ctx.is_more_than_a_note(it)).for_each(|it| {
        *habits.entry(package(it)).or_default() += 1;
    });
    // What is done everywhere is one decision, and so is what the functions of one `impl` do.
    let decision = |it: &Finding| match package(it) {
        package if habits.get(package).is_some_and(|it| *it >= FEWEST_OF_A_HABIT) => Ok(package),
        _ => Err(it.function.map(|it| ctx.unit(it))),
    };
    let said = |count| {
        format!("; {count} more {} an argument like it", if count == 1 { "records" } else { "record" })
    };
    found.fold_by(ctx, |it| Some(decision(it)), said, "this one does, too");
}

/// From so many on, a crate records what its functions are given by habit.
const FEWEST_OF_A_HABIT: usize = 8;

/// One finding for a function.
fn tell(ctx: &Context<'_>, found: &mut Findings, site: &SpanSite, leaks: &[(&Param, Leak)]) {
    let Some((_, leak)) = leaks.iter().min_by_key(|(_, it)| *it) else { return };
    let name = ctx.program.function(site.owner).name;
    let names: Vec<String> = leaks.iter().map(|(it, _)| format!("`{}`", it.name)).collect();
    let recorded = match names.as_slice() {
        [one] => format!("its argument {one}"),
        several => format!("its arguments {}", several.join(", ")),
    };
    let (label, reason) = leak.words();
    let skipped: Vec<&str> = leaks.iter().map(|(it, _)| it.name.as_str()).collect();
    found
        .add(site.at.place, format!("the span of `{name}` records {recorded}"))
        .label(label)
        .reason(reason)
        .help(format!("add `skip({})` to the attribute", skipped.join(", ")))
        .function(site.owner)
        .at_most(if is_minor(site, leaks, *leak) || (*leak == Leak::Bulk && is_never_called(ctx, site)) {
            Level::Note
        } else {
            Level::Error
        });
}

/// A secret is out at any level that somebody may switch on. A request is too much where spans are sent as a rule, and where there is
/// something in it that the function looks at.
fn is_minor(site: &SpanSite, leaks: &[(&Param, Leak)], worst: Leak) -> bool {
    let level = site.level.map_or("info", |it| it.as_str());
    match worst {
        Leak::Secret => level == "trace",
        Leak::Small => true,
        Leak::Bulk => {
            matches!(level, "debug" | "trace")
                || leaks.iter().all(|(it, _)| it.name.as_str().starts_with('_'))
        }
    }
}

/// A method of nobody's trait that nobody calls, in a tree that has programs.
fn is_never_called(ctx: &Context<'_>, site: &SpanSite) -> bool {
    let (facts, local) = ctx.program.facts_of(site.owner);
    let it = ctx.program.function(site.owner);
    let is_own = !it.name.as_str().contains(" for ");
    let is_method = facts
        .function(local)
        .parent
        .is_some_and(|it| matches!(facts.function(it).kind, FunctionKind::ClassBody(_)));
    is_method
        && is_own
        && it.callers.is_empty()
        && it.entry_point.is_none()
        && ctx.program.functions.iter().any(|it| it.entry_point.is_some())
        && !is_named_anywhere(ctx, it.name)
}

/// Whether anything says the last part of a name: a call that nobody could follow is one all the same.
fn is_named_anywhere(ctx: &Context<'_>, name: Symbol) -> bool {
    let name = name.as_str();
    let own = Symbol::new(name.rsplit("::").next().unwrap_or(name));
    let says = |it: &Value| matches!(it, Value::Member { name, .. } | Value::Name(name) if *name == own);
    ctx.program.files.iter().any(|it| it.facts.values.iter().any(says))
}

/// The worst first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Leak {
    Secret,
    Bulk,
    /// A request with a message that only asks for something.
    Small,
}

impl Leak {
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Leak::Secret => ("a secret, by its name", "Whoever may read traces can read it."),
            Leak::Small => ("a request", "Every call sends it to the collector, with its headers."),
            Leak::Bulk => (
                "a whole request or body",
                "Every call sends all of it to the collector, credentials in its headers included.",
            ),
        }
    }
}

fn leak(facts: &Facts, param: &Param) -> Option<Leak> {
    let mut types = Vec::new();
    names(facts, param.annotation, &mut types);
    let has = |words: &[&str]| types.iter().any(|it| words.iter().any(|word| it.contains(word)));
    if has(&["Secret", "Redact", "Sensitive", "Masked", "Protected", "Cancellation", "Sender", "Receiver"]) {
        return None;
    }
    if is_secret(param.name.as_str()) && can_be_secret(&types) {
        return Some(Leak::Secret);
    }
    if let [message @ .., "Request"] = types.as_slice()
        && message.iter().any(|it| only_asks(it))
    {
        return Some(Leak::Small);
    }
    let is_bulky = types
        .last()
        .is_some_and(|it| matches!(*it, "Body" | "Request" | "HttpRequest" | "Multipart" | "Bytes"));
    (is_bulky && !is_of_a_file_system(facts, types.last().copied())).then_some(Leak::Bulk)
}

/// A request of FUSE is a header: who asks, and for which node.
fn is_of_a_file_system(facts: &Facts, name: Option<&str>) -> bool {
    let speaks_of_fuse = |path: &str| path.split(['.', '_']).any(|it| it.contains("fuse"));
    facts
        .imports
        .iter()
        .any(|(bound, import)| Some(bound.as_str()) == name && speaks_of_fuse(import.module.as_str()))
}

/// `Request<GetVolumeRequest>`, `Request<Empty>`: names of messages that hold a key or a filter.
fn only_asks(message: &str) -> bool {
    const ASKING: [&str; 14] = [
        "Get", "List", "Probe", "Ping", "Check", "Health", "Describe", "Find", "Count", "Version", "Status",
        "Empty", "Watch", "Is",
    ];
    let goes_on = |rest: &str| rest.is_empty() || rest.starts_with(char::is_uppercase);
    ASKING.iter().any(|it| message.strip_prefix(it).is_some_and(goes_on))
}

/// A secret is named by the end of its name; a token that pages or cancels is none.
fn is_secret(name: &str) -> bool {
    let words: Vec<&str> = name.trim_start_matches('_').split('_').collect();
    let Some((last, before)) = words.split_last() else { return false };
    let harmless = [
        "page",
        "next",
        "continuation",
        "cancellation",
        "cancel",
        "sync",
        "resume",
        "public",
        "token",
        "start",
        "starting",
        "list",
        "pagination",
        "paging",
        "cursor",
        "marker",
    ];
    if before.iter().any(|it| harmless.contains(it)) {
        return false;
    }
    match *last {
        "password" | "passwd" | "passphrase" | "secret" | "token" | "credential" | "credentials"
        | "apikey" | "jwt" | "cookie" | "cookies" | "cleartext" | "plaintext" | "pw" => true,
        "key" => {
            before.last().is_some_and(|it| matches!(*it, "api" | "private" | "secret" | "signing" | "access"))
        }
        _ => false,
    }
}

/// A name speaks for texts, for bytes, for what a caller may put in, and for types that are called after a secret themselves. The address
/// of a token or its number opens nothing.
fn can_be_secret(types: &[&str]) -> bool {
    const AROUND: [&str; 9] = ["Option", "Vec", "Box", "Arc", "Rc", "Cow", "Result", "Into", "AsRef"];
    const TEXTS: [&str; 8] = ["str", "String", "OsStr", "OsString", "u8", "Bytes", "CString", "ByteString"];
    const ENDS: [&str; 8] =
        ["Token", "Key", "Password", "Passphrase", "Credential", "Credentials", "Jwt", "Cookie"];
    let own: Vec<&&str> = types.iter().filter(|it| !AROUND.contains(it)).collect();
    let is_open = |it: &str| it.len() <= 2 || it == "Self";
    let is_one = |it: &str| {
        TEXTS.contains(&it) || is_open(it) || ENDS.iter().any(|end| it.ends_with(end) && it != "Token")
    };
    own.is_empty() || own.iter().any(|it| is_one(it))
}

/// The names of the types that a type is made of, the outermost last.
fn names<'a>(facts: &'a Facts, annotation: ValueId, found: &mut Vec<&'a str>) {
    match facts.value(annotation) {
        Value::Item { of, key } => {
            names(facts, *key, found);
            names(facts, *of, found);
        }
        Value::Sequence(run) => facts.list(run).iter().for_each(|it| names(facts, *it, found)),
        Value::Many(of) => names(facts, *of, found),
        Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => found.push(name.as_str()),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::is_secret;

    #[test]
    fn secrets_are_told_by_the_end_of_their_names() {
        assert!(
            ["password", "api_key", "refresh_token", "client_secret", "_jwt"].iter().all(|it| is_secret(it))
        );
        assert!(
            ["page_token", "key", "public_key", "token_count", "cancellation_token", "starting_token"]
                .iter()
                .all(|it| !is_secret(it))
        );
    }
}
