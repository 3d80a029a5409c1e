//! Where in the project this is called from: the lines of its sources that are on the stack.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde_json::{Value, json};

static ROOT: OnceLock<Option<PathBuf>> = OnceLock::new();

/// `[file, line]`, the innermost first, and between them words for the frames of libraries that open or enter spans.
pub(crate) fn frames() -> Value {
    let root = ROOT.get_or_init(|| std::env::var_os("REALITY_ROOT").map(PathBuf::from));
    let Some(root) = root else { return json!([]) };
    let mut out = Vec::new();
    backtrace::trace(|frame| {
        backtrace::resolve_frame(frame, |symbol| {
            let ours = symbol.filename().and_then(|file| within(file, root));
            if let (Some(file), Some(line)) = (ours, symbol.lineno()) {
                out.push(json!([file, line]));
            } else if let Some(word) = symbol.filename().and_then(telling) {
                out.push(json!(word));
            }
        });
        true
    });
    out.dedup();
    json!(out)
}

fn within(file: &Path, root: &Path) -> Option<String> {
    let file = file.strip_prefix(root).ok().or_else(|| file.is_relative().then_some(file))?;
    let text = file.to_str()?;
    (text.contains("/src/") && !text.starts_with("probe/")).then(|| text.to_owned())
}

/// By their files: with lines alone to go by, the names of what is generic are short ones.
fn telling(file: &Path) -> Option<&'static str> {
    const TELLING: [(&str, &str); 2] =
        [("/tracing-0.1", "instrument.rs"), ("/tower-http-0.7", "trace/make_span.rs")];
    let text = file.to_str()?;
    let found = TELLING.iter().find(|(package, end)| text.contains(package) && text.ends_with(end))?;
    Some(if found.1 == "instrument.rs" { "instrument" } else { "library" })
}
