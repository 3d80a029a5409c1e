//! The baseline of a run: reads the file, lets it hold what it knows, and writes the next one.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, anyhow};

use super::files::{self, Pending};
use super::job::Job;
use super::repository;
use crate::cli::ScanArgs;
use crate::measure::{Dimension, Tallies};
use crate::policy::Judged;
use crate::policy::baseline::{Baseline, Entry, View};
use crate::policy::levels::Levels;
use crate::program::Program;
use crate::report::{Known, Sources, Stale, identities};
use crate::rule::{HeldBy, Identity};

/// What was asked for, and what came of it.
pub(crate) struct Memory<'a> {
    given: Option<(&'a Path, Baseline)>,
    write_to: Option<&'a Path>,
    /// Entries that nothing was found for.
    stale: Vec<Entry>,
    next: Option<Baseline>,
}

impl<'a> Memory<'a> {
    pub(crate) fn read(args: &'a ScanArgs) -> Result<Memory<'a>> {
        let write_to = args.write_baseline.as_deref();
        let given = match args.baseline.as_deref() {
            // The first time there is nothing to read yet.
            Some(file) if write_to == Some(file) && !file.exists() => None,
            Some(file) => Some((file, read(file)?)),
            None => None,
        };
        Ok(Memory { given, write_to, stale: Vec::new(), next: None })
    }

    /// Takes out of the findings what the baseline knows. Where one is to be written, it knows all of them.
    pub(crate) fn apply(
        &mut self,
        program: &Program,
        sources: &Sources<'_>,
        job: &Job,
        coverage: &Tallies,
        judged: &mut Judged,
    ) {
        if self.given.is_none() && self.write_to.is_none() {
            return;
        }
        let path = |it| job.path_in_repository(&program.file(it).path);
        let identities = identities(program, sources, &path, judged.all());
        let top = repository::top(&job.roots.root);
        let exists = |file: &str| top.join(file).exists();
        let levels = Levels::new(&job.settings, &job.rules);
        let ran = job.rules.entries().iter().filter(|it| levels.is_on_somewhere(it)).map(|it| it.rule.name);
        let view =
            View { program, prefix: &job.prefix, rules: ran.collect::<BTreeSet<_>>(), exists: &exists };
        self.next = self.write_to.map(|_| self.next(&view, judged, &identities, coverage, job));
        if let Some(baseline) = self.next.as_ref() {
            baseline.hold(&view, judged, &identities);
        } else if let Some((_, baseline)) = &self.given {
            self.stale = baseline.hold(&view, judged, &identities);
        }
    }

    fn next(
        &self,
        view: &View<'_>,
        judged: &Judged,
        identities: &[Identity],
        coverage: &Tallies,
        job: &Job,
    ) -> Baseline {
        let mut next = Baseline::new(view, judged.findings.iter().zip(identities), coverage);
        if let Some((_, before)) = self.given.as_ref().filter(|_| job.settings.ratchet) {
            next.never_below(before);
        }
        next
    }

    /// What was covered before, of how much.
    pub(crate) fn share(&self, dimension: Dimension) -> Option<(u32, u32)> {
        self.given.as_ref()?.1.share(dimension)
    }

    pub(crate) fn told(&self) -> Option<Known<'_>> {
        let file = self.given.as_ref().map(|it| it.0).or(self.write_to)?;
        let stale = self.stale.iter().map(|it| Stale {
            rule: &it.rule,
            file: &it.file,
            function: it.function.as_deref(),
            message: &it.message,
            fingerprint: &it.fingerprint,
        });
        Some(Known { file: file.display().to_string(), stale: stale.collect() })
    }

    /// The next baseline, ready to take its place.
    pub(crate) fn prepared(&self) -> Result<Option<Pending>> {
        let (Some(file), Some(next)) = (self.write_to, &self.next) else { return Ok(None) };
        let text = next.text()?;
        files::prepare(file, |out| out.write_all(text.as_bytes())).map(Some)
    }

    /// One sentence where the baseline may not fit this otcov.
    pub(crate) fn doubts(&self, judged: &Judged) -> Option<String> {
        let (file, baseline) = self.given.as_ref()?;
        let fresh: BTreeSet<&str> =
            judged.findings.iter().map(|it| it.rule).filter(|it| !baseline.rules.contains(*it)).collect();
        if fresh.is_empty() {
            return None;
        }
        let rules = fresh.into_iter().map(|it| format!("`{it}`")).collect::<Vec<_>>().join(", ");
        let version = &baseline.tool.version;
        let file = file.display();
        Some(format!("the baseline `{file}`, written by otcov {version}, does not know these rules: {rules}"))
    }

    /// One sentence about the baseline that was written.
    pub(crate) fn written(&self, judged: &Judged) -> Option<String> {
        let file = self.write_to?;
        let held = judged.held.iter().filter(|it| it.by == HeldBy::Baseline).count();
        let findings = if held == 1 { "1 finding is" } else { &format!("{held} findings are") };
        Some(format!("wrote `{}`: {findings} in it", file.display()))
    }
}

fn read(file: &Path) -> Result<Baseline> {
    let name = || format!("the baseline `{}`", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| {
        let hint = if error.kind() == std::io::ErrorKind::NotFound {
            format!("there is no such file; --write-baseline {} writes it", file.display())
        } else {
            error.to_string()
        };
        anyhow!("{}: {hint}", name())
    })?;
    Baseline::parse(&text).map_err(|fault| anyhow!("{fault}")).with_context(name)
}
