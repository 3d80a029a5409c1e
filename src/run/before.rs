//! The program as it was where the branch began. Only what differs is taken from version control: all other files are read from
//! the tree as they are. It is judged by the configuration of today, so that one measure holds for both.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Result;

use super::engine::{self, Overlay};
use super::git::{Base, Delta, Git, Tracked};
use super::job::Job;
use super::progress::Progress;
use super::rules;
use crate::change::{self, Before, Change, Lines, Touched};
use crate::discover::{self, Discovered, Former};
use crate::measure::{self, Coverage};
use crate::policy::{self, Judged};
use crate::program::Program;
use crate::report::{Sources, identities};
use crate::rule::{Finding, Identity};
use crate::text::FileId;

/// What version control knows, asked before any work is done.
pub(crate) struct History {
    base: Base,
    top: PathBuf,
    tracked: Tracked,
    deltas: Vec<Delta>,
    /// What the files of the deltas held, in their order; empty for new ones.
    contents: Vec<Vec<u8>>,
}

/// The program as it was, and what was found in it.
struct Past {
    program: Program,
    coverage: Coverage,
    /// Of each file: its path in the tree of today.
    paths: Vec<Option<String>>,
    identities: Vec<Identity>,
}

impl History {
    pub(crate) fn read(job: &Job, revision: &str) -> Result<History> {
        let git = Git::at(&job.roots.root)?;
        let base = git.base(revision, &usual_revisions())?;
        History::since(git, base)
    }

    /// The program as it is in one commit, wherever that branched off.
    pub(crate) fn at(job: &Job, revision: &str) -> Result<History> {
        let git = Git::at(&job.roots.root)?;
        let base = git.exactly(revision)?;
        History::since(git, base)
    }

    fn since(git: Git, base: Base) -> Result<History> {
        let tracked = git.tracked(&base.commit)?;
        let deltas = git.changes(&base.commit)?;
        let names: Vec<&str> = deltas.iter().filter_map(|it| Some(it.before.as_ref()?.1.as_str())).collect();
        let mut read = git.contents(&names)?.into_iter();
        let contents = deltas.iter().map(|it| it.before.as_ref().and_then(|_| read.next()));
        let contents = contents.map(Option::unwrap_or_default).collect();
        Ok(History { base, top: git.top, tracked, deltas, contents })
    }

    /// Compares the program with what it was, and takes the findings out that are not of the change.
    pub(crate) fn compare(
        &self,
        job: &Job,
        found: &Discovered,
        program: &Program,
        judged: &mut Judged,
        sources: &Sources<'_>,
        progress: &Progress,
    ) -> Result<(Change, Vec<Finding>)> {
        let past = self.past(job, found, progress)?;
        let touched = Touched::new(program, |path| self.lines(&job.roots.root.join(path)));
        let before = Before {
            program: &past.program,
            coverage: &past.coverage.all,
            paths: &past.paths,
            identities: &past.identities,
        };
        let path = |it: FileId| job.path_in_repository(&program.file(it).path);
        let identities = identities(program, sources, &path, judged.all());
        let mut is_in = change::in_change(&touched, &judged.findings, &identities, &before).into_iter();
        let outside = judged.findings.extract_if(.., |_| !is_in.next().unwrap_or(true)).collect();
        policy::raise_new(program, &mut judged.findings, &job.settings, &job.rules);
        let change = change::compare(&self.base.revision, &self.base.commit, &touched, &before);
        // Like the program itself, it is not worth the time to be taken apart.
        std::mem::forget(past);
        Ok((change, outside))
    }

    /// The program of before alone.
    pub(crate) fn program(&self, job: &Job, found: &Discovered, progress: &Progress) -> Result<Program> {
        let (found, overlay) = self.discovered(job, found);
        Ok(engine::build(&found, &overlay, job, progress)?.0)
    }

    fn past(&self, job: &Job, found: &Discovered, progress: &Progress) -> Result<Past> {
        progress.stage("parsing what was");
        let (found, overlay) = self.discovered(job, found);
        let (program, _) = engine::build(&found, &overlay, job, progress)?;
        let coverage = measure::measure(&program, &[]);
        let checked = rules::check(&program, &coverage, &job.settings, &job.rules);
        let judged = policy::judge(&program, checked.findings, &job.settings, &job.rules);
        let moved = self.moved();
        let now = |file: FileId| {
            let file = program.file(file);
            let path = job.path_in_repository(&file.path);
            moved.get(path.as_str()).map_or(Some(path), |it| it.map(str::to_owned))
        };
        let sources = Sources::new(&program).reading(discover::read_text);
        for (at, file) in program.files.iter().enumerate() {
            if let Some(bytes) = overlay.get(&file.absolute) {
                sources.hold(FileId(at as u32), &discover::decoded(bytes));
            }
        }
        let path = |it: FileId| now(it).unwrap_or_else(|| job.path_in_repository(&program.file(it).path));
        let identities = identities(&program, &sources, &path, judged.all());
        let in_tree = |it: u32| {
            let path = now(FileId(it))?;
            if job.prefix.is_empty() {
                return Some(path);
            }
            Some(path.strip_prefix(&job.prefix)?.strip_prefix('/')?.to_owned())
        };
        let paths = (0..program.files.len() as u32).map(in_tree).collect();
        drop(sources);
        Ok(Past { program, coverage, paths, identities })
    }

    /// Where the files of before went that are not where they were; none for those that are gone.
    fn moved(&self) -> BTreeMap<&str, Option<&str>> {
        let before =
            self.deltas.iter().filter_map(|it| Some((it.before.as_ref()?.0.as_str(), it.now.as_deref())));
        before.collect()
    }

    /// The files of today without the new ones, and with what is gone; and what those held that differ.
    fn discovered(&self, job: &Job, found: &Discovered) -> (Discovered, Overlay) {
        let mut now = found.clone();
        now.notes.clear();
        let differs: BTreeSet<&str> =
            self.deltas.iter().filter_map(|it| Some(it.before.as_ref()?.0.as_str())).collect();
        let is_same = |path: &Path| match path.strip_prefix(&self.top) {
            Ok(below) => {
                let below = slashed(below);
                self.tracked.holds(&below) && !differs.contains(below.as_str())
            }
            Err(_) => true,
        };
        now.sources.retain(|it| is_same(&it.absolute));
        now.settings_files.retain(|it| is_same(&job.roots.root.join(&it.path)));
        let scope = job.scope();
        let mut overlay = Overlay::new();
        for (delta, bytes) in self.deltas.iter().zip(&self.contents) {
            let Some((path, _)) = &delta.before else { continue };
            let absolute = self.top.join(path);
            match discover::former(&job.roots, &scope, &absolute, bytes) {
                Some(Former::Source(source)) => {
                    now.sources.push(source);
                    overlay.insert(absolute, bytes.clone());
                }
                Some(Former::Settings(file)) => now.settings_files.push(file),
                None => {}
            }
        }
        now.sources.sort_by(|a, b| a.path.cmp(&b.path));
        now.settings_files.sort_by(|a, b| a.path.cmp(&b.path));
        (now, overlay)
    }

    /// What is new in a file of today; none where nothing is.
    fn lines(&self, absolute: &Path) -> Option<Lines> {
        let path = slashed(absolute.strip_prefix(&self.top).ok()?);
        match self.deltas.iter().find(|it| it.now.as_deref() == Some(path.as_str())) {
            Some(Delta { before: Some(_), hunks, .. }) if hunks.is_empty() => None,
            Some(Delta { before: Some(_), hunks, .. }) => Some(Lines::Some(hunks.clone())),
            Some(_) => Some(Lines::All),
            None => (!self.tracked.holds(&path)).then_some(Lines::All),
        }
    }
}

/// As git spells a path.
fn slashed(path: &Path) -> String {
    path.components().map(|it| it.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// What a branch is usually compared with: what CI says, then what repositories call it.
fn usual_revisions() -> Vec<String> {
    let said = ["GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"];
    let said = said.iter().filter_map(|it| std::env::var(it).ok()).filter(|it| !it.is_empty());
    let said = said.map(|it| format!("origin/{it}"));
    let known = ["origin/HEAD", "origin/main", "origin/master", "main", "master"];
    said.chain(known.map(str::to_owned)).collect()
}
