//! Trees with all the trouble that a disk can hold.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use super::*;

const PYTHON: Language =
    Language { name: "python", extensions: &["py"], stubs: &["pyi"], shebangs: &["python", "uv"] };

struct Tree(tempfile::TempDir);

impl Tree {
    fn new(files: &[&str]) -> Tree {
        let tree = Tree(tempfile::tempdir().unwrap());
        files.iter().for_each(|it| tree.write(it, "x = 1\n"));
        tree
    }

    fn path(&self, relative: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(relative)
    }

    fn write(&self, relative: &str, text: impl AsRef<[u8]>) {
        let path = self.path(relative);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn link(&self, target: &str, link: &str) {
        symlink(target, self.path(link)).unwrap();
    }

    fn discover(&self) -> Discovered {
        self.discover_paths(&[""], &[])
    }

    fn discover_paths(&self, paths: &[&str], exclude: &[&str]) -> Discovered {
        let paths: Vec<PathBuf> = paths.iter().map(|it| self.path(it)).collect();
        let exclude: Vec<String> = exclude.iter().map(|it| (*it).to_owned()).collect();
        let scope = Scope {
            languages: vec![PYTHON],
            exclude: PathSet::new(&self.path(""), &exclude).unwrap(),
            include: PathSet::empty(),
            threads: 2,
        };
        discover(&roots(&paths).unwrap(), &scope)
    }
}

fn names(found: &Discovered) -> Vec<&str> {
    found.sources.iter().map(|it| it.path.as_str()).collect()
}

fn notes(found: &Discovered) -> Vec<String> {
    found.notes.iter().map(|it| format!("{} {}", it.file, it.reason)).collect()
}

#[test]
fn sources_come_sorted_by_bytes() {
    let tree = Tree::new(&["b.py", "a/z.py", "a.py", "B.py", "a-b/c.py", "types.pyi", "readme.md"]);
    let found = tree.discover();
    assert_eq!(names(&found), ["B.py", "a-b/c.py", "a.py", "a/z.py", "b.py", "types.pyi"]);
    assert!(found.sources[5].stub && !found.sources[0].stub);
    assert_eq!(notes(&found), [""; 0]);
}

#[test]
fn ignore_files_count_outside_a_repository_too() {
    let tree = Tree::new(&["kept.py", "generated/a.py", "old/b.py"]);
    tree.write(".gitignore", "generated/\n");
    tree.write(".otcovignore", "old\n");
    assert_eq!(names(&tree.discover()), ["kept.py"]);
}

#[test]
fn an_ignored_directory_can_be_asked_for() {
    let tree = Tree::new(&["kept.py", "env/.gitignore", "env/lib/pkg/a.py"]);
    fs::create_dir(tree.path(".git")).unwrap();
    tree.write("env/.gitignore", "*\n");
    assert_eq!(names(&tree.discover()), ["kept.py"]);
    assert_eq!(names(&tree.discover_paths(&["env/lib"], &[])), ["pkg/a.py"]);
}

#[test]
fn a_parent_directory_of_the_repository_can_ignore() {
    let tree = Tree::new(&["src/kept.py", "src/gen/a.py"]);
    fs::create_dir(tree.path(".git")).unwrap();
    tree.write(".gitignore", "/src/gen\n");
    assert_eq!(names(&tree.discover_paths(&["src"], &[])), ["kept.py"]);
}

#[test]
fn installed_and_built_code_is_skipped() {
    let tree = Tree::new(&[
        "kept.py",
        "venv/pyvenv.cfg",
        "venv/lib/a.py",
        ".venv/b.py",
        "node_modules/gyp/c.py",
        "pkg/__pycache__/d.py",
        "lib/site-packages/e.py",
        "target/CACHEDIR.TAG",
        "target/f.py",
        ".tox/g.py",
        "setup.py",
        "build/lib/h.py",
        "src/build/i.py",
        "env/j.py",
    ]);
    assert_eq!(names(&tree.discover()), ["env/j.py", "kept.py", "setup.py", "src/build/i.py"]);
    assert_eq!(names(&tree.discover_paths(&["lib/site-packages"], &[])), ["e.py"]);
}

#[test]
fn scripts_of_continuous_integration_are_code() {
    let tree = Tree::new(&[".github/scripts/release.py", ".venv/lib/x.py", ".idea/y.py", "shop.py"]);
    assert_eq!(names(&tree.discover()), [".github/scripts/release.py", "shop.py"]);
}

#[test]
fn scripts_are_told_by_their_first_line() {
    let tree = Tree::new(&[]);
    tree.write("bin/deploy", "#!/usr/bin/env python3\nx = 1\n");
    tree.write("bin/other", "#!/bin/bash\n");
    tree.write("bin/data", b"\x00\xff");
    tree.write("tool.txt", "#!/usr/bin/python\n");
    assert_eq!(names(&tree.discover()), ["bin/deploy"]);
    assert_eq!(names(&tree.discover_paths(&["tool.txt"], &[])), ["tool.txt"]);
}

#[test]
fn launch_files_come_with_their_text() {
    let tree = Tree::new(&["Dockerfile", "app.yaml", "requirements/dev.txt"]);
    tree.write("deploy/web.yaml", "apiVersion: apps/v1\n");
    tree.write(".env", "OTEL_SERVICE_NAME=shop\n");
    let found = tree.discover();
    let kinds: Vec<_> = found.settings_files.iter().map(|it| (it.path.as_str(), it.kind)).collect();
    let expected = [
        (".env", SettingsKind::Environment),
        ("Dockerfile", SettingsKind::Dockerfile),
        ("deploy/web.yaml", SettingsKind::Kubernetes),
        ("requirements/dev.txt", SettingsKind::Requirements),
    ];
    assert_eq!(kinds, expected);
    assert_eq!(found.settings_files[0].text, "OTEL_SERVICE_NAME=shop\n");
}

#[test]
fn one_file_given_in_many_ways_counts_once() {
    let tree = Tree::new(&["pkg/a.py", "pkg/b.py", "other/c.py"]);
    let found = tree.discover_paths(&["pkg", "pkg/a.py", "other/../pkg/a.py", "pkg"], &[]);
    assert_eq!(names(&found), ["a.py", "b.py"]);
    let found = tree.discover_paths(&["pkg/a.py", "other"], &[]);
    assert_eq!(names(&found), ["other/c.py", "pkg/a.py"]);
    let found = tree.discover_paths(&["pkg/a.py"], &[]);
    assert_eq!((names(&found), &found.root), (vec!["a.py"], &tree.path("pkg")));
}

#[test]
fn files_given_by_name_obey_excludes() {
    let tree = Tree::new(&["tests/a.py", "src/b.py"]);
    assert_eq!(names(&tree.discover_paths(&["tests/a.py", "src/b.py"], &["tests"])), ["src/b.py"]);
    assert_eq!(names(&tree.discover_paths(&[""], &["tests/**"])), ["src/b.py"]);
}

#[test]
fn a_missing_path_is_an_error() {
    let tree = Tree::new(&[]);
    tree.link("nowhere", "broken");
    let message = |it: &str| roots(&[tree.path(it)]).unwrap_err().to_string();
    assert!(message("gone").ends_with("gone`: no such file or directory"));
    assert!(message("broken").ends_with("broken`: the symbolic link leads nowhere"));
}

#[test]
fn links_are_followed_once_and_never_in_circles() {
    let tree = Tree::new(&["src/real.py", "src/deep/x.py"]);
    let outside = Tree::new(&["shared/lib.py"]);
    tree.link("real.py", "src/alias.py");
    tree.link("..", "src/deep/up");
    tree.link("nowhere.py", "src/gone.py");
    tree.link("b", "a");
    tree.link("a", "b");
    tree.link("src/deep", "twin");
    symlink(outside.path("shared"), tree.path("shared")).unwrap();
    symlink(tree.path(""), outside.path("shared/back")).unwrap();
    let found = tree.discover();
    assert_eq!(names(&found), ["shared/lib.py", "src/deep/x.py", "src/real.py"]);
    let expected = [
        "a is a symbolic link: too many levels of symbolic links",
        "b is a symbolic link: too many levels of symbolic links",
        "src/deep/up is a symbolic link to a directory around it; it was not followed",
        "src/gone.py is a symbolic link that leads nowhere",
    ];
    assert_eq!(notes(&found), expected);
}

#[test]
fn directories_full_of_links_to_each_other_are_cheap() {
    let tree = Tree::new(&[]);
    let outside = Tree::new(&[]);
    for a in 0..12 {
        outside.write(&format!("{a}/m.py"), "");
        for b in (0..12).filter(|b| *b != a) {
            outside.link(&format!("../{b}"), &format!("{a}/to{b}"));
        }
    }
    symlink(outside.path("0"), tree.path("entry")).unwrap();
    assert_eq!(tree.discover().sources.len(), 12);
}

#[test]
fn pipes_are_never_opened() {
    let tree = Tree::new(&["a.py"]);
    let made = std::process::Command::new("mkfifo").args([tree.path("p.py"), tree.path("plain")]).status();
    assert!(made.unwrap().success());
    let found = tree.discover();
    assert_eq!(names(&found), ["a.py"]);
    assert_eq!(notes(&found), ["p.py is not a regular file"]);
    assert_eq!(notes(&tree.discover_paths(&["plain"], &[])), ["plain is not a regular file"]);
}

#[test]
fn names_that_are_no_text_are_printed_as_well_as_can_be() {
    let tree = Tree::new(&["a.py"]);
    fs::write(tree.path("").join(std::ffi::OsStr::from_bytes(b"caf\xe9.py")), "x = 1\n").unwrap();
    let found = tree.discover();
    assert_eq!(names(&found), ["a.py", "caf\u{fffd}.py"]);
    assert_eq!(read_source(&found.sources[1], 100).unwrap().text, "x = 1\n");
}

#[test]
fn a_directory_may_be_called_like_a_source() {
    let tree = Tree::new(&["x.py/inner.py"]);
    assert_eq!(names(&tree.discover()), ["x.py/inner.py"]);
}

#[test]
fn a_large_source_is_a_note() {
    let tree = Tree::new(&[]);
    tree.write("big.py", vec![b'\n'; 3 << 20]);
    let found = tree.discover();
    let note = read_source(&found.sources[0], 1 << 20).unwrap_err();
    assert_eq!(note.file, "big.py");
    assert_eq!(note.reason, "is 3 MiB large, more than the limit of 1 MiB (scan.max-file-size)");
}

#[test]
fn an_empty_tree_is_fine() {
    let found = Tree::new(&[]).discover();
    assert_eq!((names(&found), notes(&found)), (vec![], vec![]));
}
