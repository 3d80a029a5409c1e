//! Files that no one would write, beside one that anybody would.

use std::fs;
use std::path::Path;

use crate::cli::otcov;

/// What stands beside every odd thing, and must be analysed all the same.
const SOUND: &str = "from opentelemetry import trace\n\ntracer = trace.get_tracer(\"shop\")\n\n\ndef load(orders):\n    with tracer.start_as_current_span(\"orders.load\"):\n        orders.sort()\n";

struct Told {
    status: Option<i32>,
    inventory: String,
    stderr: String,
}

/// The tree with `sound.py` in it, scanned and listed.
fn told(root: &Path) -> Told {
    fs::write(root.join("sound.py"), SOUND).unwrap();
    let scanned = otcov(root).args(["scan", "--select", "strict", "--fail-on", "never"]).output().unwrap();
    let listed = otcov(root).arg("inventory").output().unwrap();
    let inventory = String::from_utf8_lossy(&listed.stdout).into_owned();
    let stderr = String::from_utf8_lossy(&listed.stderr).into_owned();
    assert_eq!(listed.status.code(), Some(0), "{stderr}");
    assert!(inventory.contains("\"name\":\"orders.load\""), "the sound file is lost: {inventory}{stderr}");
    Told { status: scanned.status.code(), inventory, stderr }
}

fn with_file(name: &str, bytes: &[u8]) -> Told {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join(name), bytes).unwrap();
    let told = told(directory.path());
    assert_eq!(told.status, Some(0), "{}", told.stderr);
    told
}

/// Bytes of a Python file, with what its inventory must then hold.
#[test]
fn texts_in_every_dress_are_read() {
    let plain = "def odd_one(orders):\n    orders.sort()\n    orders.close()\n";
    let latin = b"# -*- coding: latin-1 -*-\nNAME = '\xe9'\ndef odd_one(orders):\n    orders.sort()\n    orders.close()\n";
    let dresses: [(&str, Vec<u8>); 7] = [
        ("carriage returns", plain.replace('\n', "\r\n").into_bytes()),
        ("old line ends", plain.replace('\n', "\r").into_bytes()),
        ("a byte order mark", [b"\xef\xbb\xbf", plain.as_bytes()].concat()),
        ("form feeds", format!("\u{c}\n{plain}\u{c}\n").into_bytes()),
        ("a coding cookie", latin.to_vec()),
        ("no last line end", plain.trim_end().as_bytes().to_vec()),
        ("blanks at the end", format!("{plain}\n\n   \t").into_bytes()),
    ];
    for (dress, bytes) in dresses {
        let told = with_file("odd.py", &bytes);
        assert!(
            told.inventory.contains("\"name\":\"odd_one\""),
            "{dress}: {}{}",
            told.inventory,
            told.stderr
        );
        assert_eq!(told.stderr, "", "{dress}");
    }
}

#[test]
fn bytes_that_are_no_text_are_told() {
    let told = with_file("odd.py", b"x = '\xff\xfe'\n\ndef odd_one():\n    return g(1)\n");
    assert!(told.stderr.contains("odd.py"), "{}", told.stderr);
    with_file("odd.py", b"x = 1\0\0\0\ny = 2\n");
    with_file("odd.py", &[0; 4096]);
    with_file("odd.py", b"");
    with_file("odd.py", b"\xef\xbb\xbf");
}

#[test]
fn depth_is_survived() {
    let parentheses = format!("x = {}1{}\n", "(".repeat(10_000), ")".repeat(10_000));
    with_file("odd.py", parentheses.as_bytes());
    let lists = format!("x = {}\n", "[".repeat(10_000));
    with_file("odd.py", lists.as_bytes());
    let chain = format!("x = a{}\n", ".b()".repeat(10_000));
    with_file("odd.py", chain.as_bytes());
    let sum = format!("x = 'a'{}\n", " + 'b'".repeat(10_000));
    with_file("odd.py", sum.as_bytes());
    let functions: String =
        (0..5_000).map(|depth| format!("{}def f{depth}():\n", " ".repeat(depth))).collect();
    with_file("odd.py", format!("{functions}{}pass\n", " ".repeat(5_000)).as_bytes());
    let blocks: String = (0..2_000).map(|depth| format!("{}if x:\n", " ".repeat(depth))).collect();
    with_file("odd.py", format!("{blocks}{}pass\n", " ".repeat(2_000)).as_bytes());
    let otherwise = format!("if a:\n    pass\n{}", "elif b:\n    pass\n".repeat(5_000));
    with_file("odd.py", otherwise.as_bytes());
}

#[test]
fn circles_are_left() {
    let names = "a = b\nb = c\nc = a\na()\nclass A(B): pass\nclass B(A):\n    def f(self): return self.f()\nA().f()\n";
    with_file("odd.py", names.as_bytes());
    let calls: String =
        (0..2_000).map(|at| format!("def f{at}(x):\n    return f{}(x)\n", (at + 1) % 2_000)).collect();
    with_file("odd.py", calls.as_bytes());
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("one.py"), "from two import *\nfrom two import x\n").unwrap();
    fs::write(directory.path().join("two.py"), "from one import *\nfrom one import x\nx()\n").unwrap();
    assert_eq!(told(directory.path()).status, Some(0));
}

#[test]
fn a_directory_named_like_a_file_is_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    fs::create_dir(directory.path().join("x.py")).unwrap();
    fs::write(directory.path().join("x.py/inner.py"), "def odd_one():\n    return g(1)\n").unwrap();
    let told = told(directory.path());
    assert_eq!(told.status, Some(0));
    assert!(told.inventory.contains("x.py/inner.py"), "{}", told.inventory);
}

#[cfg(unix)]
#[test]
fn links_that_go_in_circles_are_left() {
    let directory = tempfile::tempdir().unwrap();
    let inner = directory.path().join("shop");
    fs::create_dir(&inner).unwrap();
    std::os::unix::fs::symlink(directory.path(), inner.join("again")).unwrap();
    std::os::unix::fs::symlink("loop.py", inner.join("loop.py")).unwrap();
    std::os::unix::fs::symlink("nowhere.py", inner.join("dangling.py")).unwrap();
    let told = told(directory.path());
    assert_eq!(told.status, Some(0));
    assert_eq!(told.inventory.matches("\"name\":\"orders.load\"").count(), 1, "{}", told.inventory);
}

#[test]
fn a_huge_file_is_told_and_left_out() {
    let line = "x = 'some text that says nothing at all'\n";
    let told = with_file("odd.py", line.repeat(50_000_000 / line.len()).as_bytes());
    assert!(told.stderr.contains("note: odd.py: "), "{}", told.stderr);
}

/// Rust that only machines write: nested, chained or simply long. The file beside it is read all the same, and nothing stops.
#[test]
fn extremes_of_rust_are_told_or_followed() {
    let repeated = |open: &str, middle: &str, close: &str| {
        format!("fn odd() -> u64 {{ {}{middle}{} }}\n", open.repeat(9_000), close.repeat(9_000))
    };
    let long: String =
        (0..6_000).map(|it| format!("fn f{it}() -> u64 {{\n    let x = {it};\n    x + 1\n}}\n\n")).collect();
    let odd = [
        ("parentheses", repeated("(", "1", ")")),
        ("negations", repeated("!", "1", "")),
        ("sums", repeated("1 + ", "1", "")),
        ("calls", repeated("", "a", ".b()")),
        ("thirty thousand lines", long),
        (
            "a missing module",
            "mod nowhere;\nuse crate::nowhere::Thing;\nfn odd() -> Thing { Thing }\n".to_owned(),
        ),
        (
            "imports in a circle",
            "mod a { pub use super::b::*; }\nmod b { pub use super::a::*; }\nuse a::*;\nfn odd() { c() }\n"
                .to_owned(),
        ),
        (
            "a macro that is no code",
            "macro_rules! odd { ($($x:tt)*) => { @ $($x)* fn => } }\nodd!(= > <);\nfn odd() {}\n".to_owned(),
        ),
    ];
    for (what, text) in odd {
        let told = with_file("odd.rs", text.as_bytes());
        assert_eq!(told.stderr, "", "{what}");
    }
}

/// What one edition reads as a name is a keyword of the next: whatever is not understood is one note, and the rest is read.
#[test]
fn crates_of_all_editions_stand_in_one_workspace() {
    let directory = tempfile::tempdir().unwrap();
    let members = [
        (
            "2015",
            "#[macro_use]\nextern crate tracing;\nmod inner;\npub fn of_2015() { let _g = info_span!(\"2015\").entered(); ::inner::go(); }\npub fn named() { let async = 1; }\n",
        ),
        (
            "2018",
            "use tracing::info_span;\nmod inner;\npub async fn of_2018() { let _g = info_span!(\"2018\").entered(); crate::inner::go(); }\n",
        ),
        (
            "2021",
            "use tracing::instrument;\nmod inner;\n#[instrument(name = \"2021\")]\npub fn of_2021() { inner::go(); let r#gen = [1].into_iter(); }\n",
        ),
        (
            "2024",
            "use tracing::instrument;\nmod inner;\n#[instrument(name = \"2024\")]\npub fn of_2024(x: Option<u8>) { if let Some(it) = x && it > 1 { inner::go(); } }\nunsafe extern \"C\" { safe fn c(); }\n",
        ),
    ];
    let listed: Vec<String> = members.iter().map(|(edition, _)| format!("\"of{edition}\"")).collect();
    let workspace = format!("[workspace]\nmembers = [{}]\n", listed.join(", "));
    fs::write(directory.path().join("Cargo.toml"), workspace).unwrap();
    for (edition, text) in members {
        let member = directory.path().join(format!("of{edition}"));
        fs::create_dir_all(member.join("src")).unwrap();
        let manifest =
            format!("[package]\nname = \"of{edition}\"\nversion = \"0.1.0\"\nedition = \"{edition}\"\n");
        fs::write(member.join("Cargo.toml"), manifest).unwrap();
        fs::write(member.join("src/lib.rs"), text).unwrap();
        fs::write(member.join("src/inner.rs"), "pub fn go() { println!(\"goes\"); }\n").unwrap();
    }
    let told = told(directory.path());
    assert_eq!(told.status, Some(0), "{}", told.stderr);
    for (edition, _) in members {
        assert!(told.inventory.contains(&format!("\"name\":\"{edition}\"")), "{edition}: {}", told.inventory);
    }
}
