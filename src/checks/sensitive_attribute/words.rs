//! Words that give secrets away, and words that say that there is none.

/// A kind of secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Secret {
    pub(super) says: &'static str,
    /// The word means nothing else.
    pub(super) sure: bool,
}

const CREDENTIAL: Secret = Secret { says: "a credential", sure: true };
const MAYBE: Secret = Secret { says: "what may be a credential", sure: false };
const PERSONAL: Secret = Secret { says: "personal data", sure: true };

/// Runs of words that name a secret, wherever they stand in a name.
const SECRETS: &[(&[&str], Secret)] = &[
    (&["password"], CREDENTIAL),
    (&["passwd"], CREDENTIAL),
    (&["passphrase"], CREDENTIAL),
    (&["secret"], CREDENTIAL),
    (&["apikey"], CREDENTIAL),
    (&["api", "key"], CREDENTIAL),
    (&["private", "key"], CREDENTIAL),
    (&["secret", "key"], CREDENTIAL),
    (&["access", "token"], CREDENTIAL),
    (&["auth", "token"], CREDENTIAL),
    (&["refresh", "token"], CREDENTIAL),
    (&["bearer", "token"], CREDENTIAL),
    (&["session", "token"], CREDENTIAL),
    (&["id", "token"], CREDENTIAL),
    (&["api", "token"], CREDENTIAL),
    (&["csrf", "token"], CREDENTIAL),
    (&["jwt"], CREDENTIAL),
    (&["authorization"], CREDENTIAL),
    (&["cookie"], CREDENTIAL),
    (&["cookies"], CREDENTIAL),
    (&["credentials"], CREDENTIAL),
    (&["ssn"], PERSONAL),
    (&["social", "security"], PERSONAL),
    (&["credit", "card"], PERSONAL),
    (&["card", "number"], PERSONAL),
    (&["cvv"], PERSONAL),
    (&["iban"], PERSONAL),
    (&["email", "body"], PERSONAL),
    (&["mail", "body"], PERSONAL),
    (&["passport", "number"], PERSONAL),
];

/// Words behind a secret that still mean the secret itself; behind any other, the name is about something else.
const ITSELF: &[&str] =
    &["value", "plain", "plaintext", "raw", "text", "string", "header", "data", "content"];

/// What comes before a token that opens nothing: parts of texts, places in a list, handles of work.
const HARMLESS_TOKENS: &[&str] = &[
    "gen",
    "llm",
    "first",
    "next",
    "last",
    "per",
    "max",
    "min",
    "usage",
    "eos",
    "bos",
    "pad",
    "stop",
    "page",
    "continuation",
    "cancel",
    "cancellation",
    "progress",
    "resumption",
    "resume",
    "sync",
    "cursor",
    "starting",
    "pagination",
    "paging",
    "idempotency",
    "design",
    "special",
    "input",
    "output",
];

/// Alone they may be anything: a place in a stream of replication, what a framework has masked already.
const VAGUE: &[&str] = &["cookie", "cookies", "credentials"];

/// Words of a question about a secret.
const QUESTIONS: &[&str] = &[
    "allow",
    "missing",
    "valid",
    "invalid",
    "get",
    "has",
    "is",
    "have",
    "num",
    "needs",
    "requires",
    "use",
    "uses",
    "with",
    "no",
    "redacted",
    "hashed",
    "masked",
    "encrypted",
    "sealed",
    "obfuscated",
    "censored",
];

/// What a name that ends so means of a secret: where it lies, how it is called, what kind it is, how many there are.
const ABOUT: &[&str] = &[
    "path",
    "file",
    "filename",
    "dir",
    "directory",
    "folder",
    "location",
    "url",
    "uri",
    "endpoint",
    "name",
    "names",
    "id",
    "ids",
    "arn",
    "kind",
    "type",
    "scheme",
    "method",
    "mode",
    "source",
    "provider",
    "status",
    "state",
    "count",
    "len",
    "length",
    "size",
    "index",
    "version",
    "hash",
    "digest",
    "checksum",
    "fingerprint",
    "prefix",
    "suffix",
    "hint",
    "exists",
    "present",
    "set",
    "configured",
    "enabled",
    "expiry",
    "expires",
    "expiration",
    "ttl",
    "age",
    "at",
    "error",
    "err",
    "reason",
    "display",
];

/// Methods that give back what they are called on, or nearly so.
const PASSING: &[&str] = &[
    "to_string",
    "to_owned",
    "to_str",
    "to_string_lossy",
    "as_str",
    "as_ref",
    "as_deref",
    "as_bytes",
    "clone",
    "cloned",
    "borrow",
    "into",
    "into_inner",
    "into_string",
    "inner",
    "unwrap",
    "unwrap_or",
    "unwrap_or_default",
    "unwrap_or_else",
    "expect",
    "ok",
    "strip",
    "trim",
    "lower",
    "upper",
    "to_lowercase",
    "to_uppercase",
    "encode",
    "decode",
];

/// Words of functions whose result is no secret any more.
const DISARMING: &[&str] = &[
    "hash",
    "hashed",
    "sha1",
    "sha256",
    "sha512",
    "md5",
    "hexdigest",
    "redact",
    "redacted",
    "mask",
    "masked",
    "scrub",
    "sanitize",
    "sanitise",
    "anonymize",
    "anonymise",
    "obfuscate",
    "len",
    "bool",
    "int",
    "type",
    "isinstance",
    "filter",
    "truncate",
    "encrypt",
    "count",
    "sum",
    "any",
    "all",
];

/// A single secret word is sure to be one only where it ends the key.
pub(super) fn secret_in_key(key: &str) -> Option<Secret> {
    let words = words(key);
    if let Some(secret) = secret(&words) {
        return Some(secret);
    }
    // In a language model, and in a parser, tokens are many and no secret.
    let is_token = words.last().is_some_and(|it| it == "token") && key.contains('.') && !is_question(&words);
    (is_token && !words.iter().any(|it| HARMLESS_TOKENS.contains(&it.as_str()))).then_some(MAYBE)
}

/// Values are named more loosely than keys: only what can mean nothing else counts.
pub(super) fn secret_in_value(name: &str) -> Option<Secret> {
    secret(&words(name))
}

fn secret(words: &[String]) -> Option<Secret> {
    let end = words.iter().rposition(|it| !ITSELF.contains(&it.as_str()))? + 1;
    let words = &words[..end];
    let (_, found) = SECRETS.iter().find(|(run, _)| {
        let start = words.len().checked_sub(run.len());
        start.is_some_and(|at| words[at..].iter().zip(*run).all(|(word, wanted)| word == wanted))
    })?;
    let is_vague = matches!(words, [one] if VAGUE.contains(&one.as_str()));
    (!is_question(words)).then_some(if is_vague { MAYBE } else { *found })
}

fn is_question(words: &[String]) -> bool {
    words.iter().any(|it| QUESTIONS.contains(&it.as_str()))
}

/// A name that speaks about a secret.
pub(super) fn is_about(name: &str) -> bool {
    let words = words(name);
    is_question(&words) || words.last().is_some_and(|it| ABOUT.contains(&it.as_str()))
}

/// In capitals: the name of a text that stands in the source. It tells what that is about, not that it is one.
pub(super) fn is_constant(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}

pub(super) fn passes_on(method: &str) -> bool {
    PASSING.contains(&method)
}

pub(super) fn reveals(method: &str) -> bool {
    matches!(method, "expose_secret" | "get_secret_value" | "reveal")
}

pub(super) fn disarms(function: &str) -> bool {
    let words = words(function);
    words.iter().any(|it| DISARMING.contains(&it.as_str()))
        || matches!(function, "display" | "Path" | "PathBuf")
        || words.first().is_some_and(|it| matches!(it.as_str(), "is" | "has"))
}

/// The words of a name, lowercase: `userApiKey`, `user.api_key` and `X-Api-Key` have the words `api` and `key`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let mut after_lower = false;
    for it in name.chars() {
        let breaks = !it.is_alphanumeric() || (it.is_uppercase() && after_lower);
        if breaks && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        if it.is_alphanumeric() {
            word.extend(it.to_lowercase());
        }
        after_lower = it.is_lowercase() || it.is_ascii_digit();
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told() {
        for key in [
            "user.password",
            "db.passwordPlain",
            "http.request.header.authorization",
            "http.request.header.set-cookie",
            "openai.api_key",
            "clientSecret",
            "customer.ssn",
            "email.body",
        ] {
            assert_eq!(secret_in_key(key).map(|it| it.sure), Some(true), "{key}");
        }
        for key in ["user.token", "cookie", "credentials"] {
            assert_eq!(secret_in_key(key), Some(MAYBE), "{key}");
        }
    }

    #[test]
    fn names_about_secrets_are_not() {
        for key in [
            "user.password_hash",
            "auth.has_password",
            "token.count",
            "gen_ai.usage.input_tokens",
            "gen_ai.response.time_to_first_token",
            "llm.token",
            "max_token",
            "secret.name",
            "k8s.secret.name",
            "api_key.id",
            "auth.token_type",
            "cookie.count",
            "keys.secretary",
            "raw_secret_detected",
            "api_key_had_prefix",
            "allow_missing_credentials",
            "progress_token",
            "has_session_token",
            "http.authorization.scheme",
            "token",
        ] {
            assert_eq!(secret_in_key(key), None, "{key}");
        }
    }

    #[test]
    fn functions_that_disarm_are_known_by_their_words() {
        for name in ["sha256", "redact_token", "maskEmail", "len", "hash_user"] {
            assert!(disarms(name), "{name}");
        }
        assert!(!disarms("strip"));
    }
}
