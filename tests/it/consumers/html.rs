//! The page, opened in a browser without a screen: small and plain, and with 5,000 files.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot set itself up has nothing better to do than to break"
)]

use std::fs;
use std::path::Path;
use std::process::Command;

use super::{installed, on_the_path, succeeds, trees};
use crate::cli::otcov;

/// Dark and covered, with a finding, and with text that must not become part of the page.
const WANTED: &str = "import subprocess\n\nfrom opentelemetry import trace\n\ntracer = trace.get_tracer(\"shop\")\n\n
def seen():\n    with tracer.start_as_current_span(\"seen\") as span:\n        span.set_attribute(\"Shop-Seen\", 1)\n        span.set_attribute(\"shop.when\", None)\n        return \"<script>alert('&amp;')</script>\"\n\n
def main():\n    seen()\n    subprocess.run([\"x\"])\n\n\nif __name__ == \"__main__\":\n    main()\n";

fn looks_right(at: &Path) {
    let tree = at.join("tree");
    fs::create_dir_all(tree.join("src/shop")).unwrap();
    fs::write(tree.join("src/shop/wanted.py"), WANTED).unwrap();
    succeeds(otcov(&tree).args([
        "scan",
        "--isolated",
        "--fail-on",
        "never",
        "--format",
        "html=../report.html",
    ]));
    let (Some(browser), Some(modules)) = (on_the_path("chromium"), installed("npm/node_modules")) else {
        return;
    };
    // Pictures stay where people can look at them.
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join(at.file_name().unwrap());
    fs::create_dir_all(&pictures).unwrap();
    let script = crate::tidy::root("tests/it/consumers/browser.js");
    let mut command = Command::new("node");
    command.arg(script).arg(browser).arg(modules).arg(at.join("report.html")).arg(pictures);
    succeeds(&mut command);
}

#[test]
fn a_page_is_read_clicked_and_searched() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().join("small");
    trees::shop(&at.join("tree"));
    looks_right(&at);
}

#[test]
fn a_page_of_5000_files_does_not_stall() {
    let directory = tempfile::tempdir().unwrap();
    let at = directory.path().join("large");
    for folder in 0..100 {
        let folder_path = at.join(format!("tree/src/part{}/folder{folder}", folder % 7));
        fs::create_dir_all(&folder_path).unwrap();
        for file in 0..50 {
            let function = |it: u32| {
                format!(
                    "\n\ndef step_{it}(items):\n    for item in items:\n        print(item)\n    return len(items)\n"
                )
            };
            let text: String = (0..1 + (folder * file) % 9).map(function).collect();
            fs::write(folder_path.join(format!("file{file}.py")), text + WANTED).unwrap();
        }
    }
    looks_right(&at);
}
