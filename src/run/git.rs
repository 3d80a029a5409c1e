//! Asks git what changed. It is the program that people have, run with options that make its answers independent of their settings.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, anyhow, bail};

use crate::change::Hunk;

/// Settings of the caller that would make git look elsewhere: hooks are run with them.
const FOREIGN: [&str; 5] = ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_EXTERNAL_DIFF"];

const DIFF: [&str; 12] = [
    "-c",
    "core.quotePath=false",
    "diff",
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--no-relative",
    "--ignore-submodules=all",
    "--submodule=short",
    "--inter-hunk-context=0",
    "--find-renames",
    "--unified=0",
];

pub(crate) struct Git {
    pub(crate) top: PathBuf,
}

/// Where the branch began.
pub(crate) struct Base {
    pub(crate) revision: String,
    pub(crate) commit: String,
}

/// One file of the repository that is not as it was.
#[derive(Debug)]
pub(crate) struct Delta {
    /// Its path at the base, and the name of what it held; none for a new file.
    pub(crate) before: Option<(String, String)>,
    /// None for a file that is gone.
    pub(crate) now: Option<String>,
    /// The lines of now that are new, and where lines are gone.
    pub(crate) hunks: Vec<Hunk>,
}

/// What was under version control.
pub(crate) struct Tracked {
    files: BTreeSet<String>,
    /// Other repositories inside this one; their files count as they are.
    modules: Vec<String>,
}

impl Tracked {
    pub(crate) fn holds(&self, path: &str) -> bool {
        let inside = |module: &String| path.strip_prefix(module).is_some_and(|it| it.starts_with('/'));
        self.files.contains(path) || self.modules.iter().any(inside)
    }
}

impl Git {
    pub(crate) fn at(tree: &Path) -> Result<Git> {
        let found = command(tree).args(["rev-parse", "--show-toplevel"]).output();
        let found = found.map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => anyhow!("--diff needs git, and there is no such program"),
            _ => anyhow!("cannot run git: {error}"),
        })?;
        if !found.status.success() {
            let said = said(&found);
            // git refuses repositories of other users; only it can say what to do about that.
            let why = if said.contains("not a git repository") { "this is no git repository" } else { &said };
            bail!("--diff compares with an earlier commit: {why}");
        }
        let top = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim_end_matches('\n'));
        Ok(Git { top: top.canonicalize().unwrap_or(top) })
    }

    /// The commit where what is checked out left a revision; `usual` are tried in order where none was typed.
    pub(crate) fn base(&self, typed: &str, usual: &[String]) -> Result<Base> {
        let revision = if typed.is_empty() {
            let known = usual.iter().find(|it| self.commit(it).is_some());
            known.cloned().ok_or_else(|| self.lost(&format!("there is none of {}", usual.join(", "))))?
        } else if self.commit(typed).is_some() {
            typed.to_owned()
        } else {
            let path = if Path::new(typed).exists() { "; write paths before --diff" } else { "" };
            return Err(self.lost(&format!("there is no revision `{typed}`{path}")));
        };
        let found = self.run(&["merge-base", &revision, "HEAD"])?;
        let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
        if !found.status.success() || commit.is_empty() {
            return Err(self.lost(&format!("`{revision}` and what is checked out share no commit")));
        }
        Ok(Base { revision, commit })
    }

    /// A revision itself, wherever it branched off.
    pub(crate) fn exactly(&self, revision: &str) -> Result<Base> {
        let found = self.commit(revision);
        let commit = found.ok_or_else(|| self.lost(&format!("there is no revision `{revision}`")))?;
        Ok(Base { revision: revision.to_owned(), commit })
    }

    fn commit(&self, revision: &str) -> Option<String> {
        let spelt = format!("{revision}^{{commit}}");
        let found = self.run(&["rev-parse", "--quiet", "--verify", "--end-of-options", &spelt]).ok()?;
        found.status.success().then(|| String::from_utf8_lossy(&found.stdout).trim().to_owned())
    }

    /// Why there is nothing to compare with, and what to do where only part of the history was fetched.
    fn lost(&self, why: &str) -> anyhow::Error {
        let shallow = self.run(&["rev-parse", "--is-shallow-repository"]);
        let shallow = shallow.is_ok_and(|it| it.stdout.starts_with(b"true"));
        let help = if shallow {
            "\nonly part of the history is here: fetch all of it (`fetch-depth: 0` of actions/checkout, \
             `GIT_DEPTH: 0` of GitLab, `git fetch --unshallow`)"
        } else {
            ""
        };
        anyhow!("--diff: {why}{help}")
    }

    /// Every file that differs between a commit and the working tree. Files that git does not know are not among them.
    pub(crate) fn changes(&self, commit: &str) -> Result<Vec<Delta>> {
        let raw = self.output(&[&DIFF[..], &["--raw", "-z", "--no-abbrev", commit, "--"]].concat())?;
        let patch = self.output(&[&DIFF[..], &["--patch", commit, "--"]].concat())?;
        let mut deltas = read_raw(&String::from_utf8_lossy(&raw));
        let sections = read_patch(&String::from_utf8_lossy(&patch));
        if deltas.len() != sections.len() {
            bail!(
                "--diff: git tells of {} changed files and shows {}; is a merge unfinished?",
                deltas.len(),
                sections.len()
            );
        }
        for (delta, hunks) in deltas.iter_mut().zip(sections) {
            delta.hunks = hunks;
        }
        Ok(deltas)
    }

    pub(crate) fn tracked(&self, commit: &str) -> Result<Tracked> {
        let listed = self.output(&["ls-tree", "-r", "-z", "--full-tree", commit])?;
        let mut tracked = Tracked { files: BTreeSet::new(), modules: Vec::new() };
        for entry in String::from_utf8_lossy(&listed).split('\0') {
            let Some((kind, path)) = entry.split_once('\t') else { continue };
            if kind.starts_with("160000 ") {
                tracked.modules.push(path.to_owned());
            } else {
                tracked.files.insert(path.to_owned());
            }
        }
        Ok(tracked)
    }

    /// What files held, by the names of their contents.
    pub(crate) fn contents(&self, names: &[&str]) -> Result<Vec<Vec<u8>>> {
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let mut child = command(&self.top)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run git")?;
        let mut stdin = child.stdin.take().context("cannot talk to git")?;
        let asked = names.join("\n") + "\n";
        // git answers while it is still being asked: both at once, or neither goes on.
        let asking = std::thread::spawn(move || stdin.write_all(asked.as_bytes()));
        let answer = child.wait_with_output().context("cannot read from git")?;
        if asking.join().is_err() || !answer.status.success() {
            bail!("--diff: git does not give the files of before");
        }
        read_batch(&answer.stdout, names.len()).context("--diff: git does not give the files of before")
    }

    fn run(&self, args: &[&str]) -> Result<Output> {
        command(&self.top).args(args).output().context("cannot run git")
    }

    fn output(&self, args: &[&str]) -> Result<Vec<u8>> {
        let found = self.run(args)?;
        if !found.status.success() {
            bail!("--diff: {}", said(&found));
        }
        Ok(found.stdout)
    }
}

fn command(directory: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(directory).stdin(Stdio::null()).env("LC_ALL", "C");
    FOREIGN.iter().for_each(|it| {
        command.env_remove(it);
    });
    command
}

fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let text = text.trim().trim_start_matches("fatal: ");
    if text.is_empty() { "git failed".to_owned() } else { text.to_owned() }
}

/// `:100644 100644 <before> <now> R086\0<before>\0<now>\0…`
fn read_raw(text: &str) -> Vec<Delta> {
    let mut fields = text.split('\0');
    let mut deltas = Vec::new();
    while let Some(head) = fields.next().filter(|it| it.starts_with(':')) {
        let words: Vec<&str> = head.split(' ').collect();
        let &[mode, _, content, _, status] = words.as_slice() else { break };
        let Some(path) = fields.next() else { break };
        // What a link held is no source.
        let before = mode.starts_with(":100").then(|| (path.to_owned(), content.to_owned()));
        let now = match status.as_bytes().first() {
            Some(b'D') => None,
            Some(b'R' | b'C') => fields.next().map(str::to_owned),
            _ => Some(path.to_owned()),
        };
        deltas.push(Delta { before, now, hunks: Vec::new() });
    }
    deltas
}

/// The hunks of each file, in the order of the files.
fn read_patch(text: &str) -> Vec<Vec<Hunk>> {
    let mut files: Vec<Vec<Hunk>> = Vec::new();
    for line in text.lines() {
        if line.starts_with("diff --git ") {
            files.push(Vec::new());
        } else if let Some(hunk) = line.strip_prefix("@@ -").and_then(read_hunk)
            && let Some(file) = files.last_mut()
        {
            file.push(hunk);
        }
    }
    files
}

/// `12,3 +14,2 @@ def f():`, where a count of one is left out.
fn read_hunk(text: &str) -> Option<Hunk> {
    let now = text.split_once(" +")?.1.split(" @@").next()?;
    let (first, count) = now.split_once(',').unwrap_or((now, "1"));
    Some(Hunk { first: first.parse().ok()?, count: count.parse().ok()? })
}

/// `<name> blob <size>\n<content>\n`, one after the other.
fn read_batch(mut bytes: &[u8], count: usize) -> Result<Vec<Vec<u8>>> {
    let mut all = Vec::with_capacity(count);
    for _ in 0..count {
        let end = memchr::memchr(b'\n', bytes).context("an answer is cut short")?;
        let head = String::from_utf8_lossy(&bytes[..end]);
        let size: usize =
            head.rsplit(' ').next().and_then(|it| it.parse().ok()).context("an object is missing")?;
        let content = bytes.get(end + 1..end + 1 + size).context("an answer is cut short")?;
        all.push(content.to_vec());
        bytes = bytes.get(end + 2 + size..).context("an answer is cut short")?;
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_changed_files_are_read_whatever_is_in_them() {
        let raw = ":100644 100644 aa bb M\0a \"b\".py\0:100644 100644 aa bb R086\0old\n.py\0new.py\0\
                   :100644 000000 aa 00 D\0gone.py\0:000000 100644 00 bb A\0new.py\0:120000 100644 aa bb T\0link.py\0";
        let told: Vec<_> = read_raw(raw).into_iter().map(|it| (it.before.map(|it| it.0), it.now)).collect();
        let some = |it: &str| Some(it.to_owned());
        let expected = [
            (some("a \"b\".py"), some("a \"b\".py")),
            (some("old\n.py"), some("new.py")),
            (some("gone.py"), None),
            (None, some("new.py")),
            (None, some("link.py")),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn hunks_are_the_lines_of_now() {
        let patch = "diff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1,2 @@ def f():\n-x\n+y\n+@@ -9 +9 @@\n@@ -8,2 +8,0 @@\n\
                     diff --git a/b b/c\nsimilarity index 100%\n";
        let hunk = |first, count| Hunk { first, count };
        assert_eq!(read_patch(patch), [vec![hunk(1, 2), hunk(8, 0)], Vec::new()]);
    }

    #[test]
    fn contents_may_hold_anything() {
        let answer = b"aa blob 3\na\nb\nbb blob 0\n\n";
        assert_eq!(read_batch(answer, 2).unwrap(), [b"a\nb".to_vec(), Vec::new()]);
        assert!(read_batch(b"cc missing\n", 1).is_err());
    }
}
