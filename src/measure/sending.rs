//! Which parts of a program send spans anywhere: where traces are set up, and what comes by there. Asked of what is dark, as a span there
//! would go nowhere without.

use std::collections::BTreeSet;

use super::items::is_counted_entry_point;
use crate::program::{At, File, FuncId, Function, Program, SetupSite};
use crate::text::FileId;

/// Helpers of helpers.
const DEEPEST_HELPER: u32 = 3;

/// Where traces are set up, as far as that is known: nothing is where the language has no words for it.
#[derive(Debug, Default)]
pub(crate) struct Sending {
    /// Something sets traces up.
    pub(super) sets_up: bool,
    /// All that is set up are providers that send nothing.
    is_mute: bool,
    /// By function: telemetry is set up or emitted there, or at the top of its file.
    speaks: Vec<bool>,
    /// Directories of sources below which something leads to where traces are set up.
    roots: BTreeSet<String>,
    /// By file: traces are set up as it is loaded.
    on_loading: Vec<bool>,
    /// Parts of the tree that have spans or set them up.
    parts: BTreeSet<String>,
    /// The program is entered somewhere: it is no library.
    is_entered: bool,
    /// Directories that have spans, where nothing sets them up.
    lit: BTreeSet<String>,
}

impl Sending {
    pub(super) fn find(program: &Program) -> Sending {
        let sites = || program.setups.iter().filter(|it| is_set_up(it) && is_of_program(program, it.at));
        let sets_up = sites().next().is_some();
        let mut all = Sending {
            sets_up,
            is_mute: sets_up && !sites().any(|it| it.sends),
            parts: parts(program),
            is_entered: is_entered(program),
            ..Sending::default()
        };
        all.speaks = speaks(program, sets_up);
        all.lit =
            program.spans.iter().map(|it| program.file(it.at.place.file).directory().to_owned()).collect();
        if sets_up {
            all.on_loading = all.on_loading(program);
            all.roots = roots(program, &all.speaks, &all.on_loading);
        }
        all
    }

    /// Whether what a function opens may be sent: its sources have a way to where traces are set up.
    pub(crate) fn reaches(&self, program: &Program, function: FuncId) -> bool {
        let file = program.file(program.function(function).file);
        match self.rests_on_set_up(file) {
            true => !self.is_mute && self.roots.contains(root(program, file)),
            false => self.is_entered,
        }
    }

    /// Whether there is telemetry in the same part of the tree, where spans are all that tells of it.
    pub(crate) fn is_beside(&self, program: &Program, function: FuncId) -> bool {
        let file = program.file(program.function(function).file);
        self.rests_on_set_up(file) || self.parts.contains(part(&file.path))
    }

    /// Whether what it opens may be sent, for what is started by itself, once it is known whether it comes by any telemetry.
    pub(super) fn reaches_started(&self, program: &Program, function: FuncId, comes_by: bool) -> bool {
        let id = program.function(function).file;
        let file = program.file(id);
        match self.rests_on_set_up(file) {
            true => !self.is_mute && (comes_by || self.on_loading.get(id.index()).is_some_and(|it| *it)),
            false => comes_by || self.lit.contains(file.directory()),
        }
    }

    /// The files that set traces up as they are loaded.
    fn on_loading(&self, program: &Program) -> Vec<bool> {
        let mut loads = vec![false; program.files.len()];
        for (id, function) in program.function_ids().filter(|(_, it)| !it.named) {
            let (facts, local) = program.facts_of(id);
            if facts.function(local).parent.is_none()
                && !facts.lexical
                && self.leads_to_telemetry(program, id, 0)
            {
                loads[function.file.index()] = true;
            }
        }
        loads
    }

    /// Whether it takes more than spans for something to be sent.
    fn rests_on_set_up(&self, file: &File) -> bool {
        self.sets_up && !file.facts.lexical
    }

    /// Whether something is set up or emitted in a function, or in what it calls: what does not count itself can be what sets up.
    pub(super) fn leads_to_telemetry(&self, program: &Program, function: FuncId, depth: u32) -> bool {
        self.speaks(function)
            || (depth < DEEPEST_HELPER
                && program
                    .function(function)
                    .callees
                    .iter()
                    .any(|it| *it != function && self.leads_to_telemetry(program, *it, depth + 1)))
    }

    pub(super) fn speaks(&self, function: FuncId) -> bool {
        self.speaks.get(function.index()).is_some_and(|it| *it)
    }

    /// A span that some function opens is telemetry by itself.
    pub(super) fn counts_spans(&self, program: &Program, function: FuncId) -> bool {
        !self.rests_on_set_up(program.file(program.function(function).file))
    }
}

/// Neither of a test nor of what stands beside the program.
fn is_of_program(program: &Program, at: At) -> bool {
    let file = program.file(at.place.file);
    !file.test && !file.beside
}

/// What traces need: logs and metrics are set up without them, and a tracer is there before anything takes what it makes.
fn is_set_up(site: &SetupSite) -> bool {
    site.traces && matches!(site.what.as_str(), "provider" | "install" | "exporter" | "processor")
}

/// For each function whether telemetry is set up or emitted there, or at the top of its file. Where something sets traces up, spans alone
/// go nowhere.
fn speaks(program: &Program, sets_up: bool) -> Vec<bool> {
    let mut speaks = vec![false; program.functions.len()];
    let mut files = vec![false; program.files.len()];
    let rests = |at: &At| sets_up && !program.file(at.place.file).facts.lexical;
    let made = program.setups.iter().filter(|it| if rests(&it.at) { is_set_up(it) } else { it.traces });
    let spans = program.spans.iter().map(|it| it.at).filter(|it| !rests(it));
    for at in spans.chain(made.map(|it| it.at)) {
        match program.enclosing_named(at.function) {
            Some(function) => speaks[function.index()] = true,
            None => files[at.place.file.index()] = true,
        }
    }
    for (id, function) in program.function_ids() {
        let lexical = program.file(function.file).facts.lexical;
        speaks[id.index()] |= ((!sets_up || lexical) && function.has_span()) || files[function.file.index()];
    }
    speaks
}

fn parts(program: &Program) -> BTreeSet<String> {
    let sites = program.spans.iter().map(|it| it.at).chain(program.setups.iter().map(|it| it.at));
    let sites = sites.filter(|it| is_of_program(program, *it));
    sites.map(|it| part(&program.file(it.place.file).path).to_owned()).collect()
}

/// What nothing of the tree enters is a library: whoever uses it has spans around its calls, or none.
fn is_entered(program: &Program) -> bool {
    let counts = |it: &Function| {
        let file = program.file(it.file);
        is_counted_entry_point(it) && !file.test && !file.beside
    };
    program.functions.iter().any(counts)
}

/// The directory at the top that a file lies in.
fn part(path: &str) -> &str {
    path.split_once('/').map_or("", |(top, _)| top)
}

/// The directory that the modules of a file are found from.
fn root<'p>(program: &'p Program, file: &'p File) -> &'p str {
    let names = module(program, file).split('.').count();
    let path = file.path.strip_suffix("/__init__.py").unwrap_or(&file.path);
    let mut root = path;
    for _ in 0..names {
        root = root.rsplit_once('/').map_or("", |(rest, _)| rest);
    }
    root
}

/// The dotted name of a file's module.
fn module<'p>(program: &'p Program, file: &File) -> &'p str {
    program.functions.get(file.first_function as usize).map_or("", |it| &*it.qualified)
}

/// Where something comes by what sets traces up, whoever calls it.
fn roots(program: &Program, speaks: &[bool], on_loading: &[bool]) -> BTreeSet<String> {
    let mut comes_by = speaks.to_vec();
    let mut due: Vec<FuncId> =
        (0..speaks.len()).filter(|it| speaks[*it]).map(|it| FuncId(it as u32)).collect();
    while let Some(function) = due.pop() {
        for caller in &program.function(function).callers {
            if !std::mem::replace(&mut comes_by[caller.index()], true) {
                due.push(*caller);
            }
        }
    }
    let mut files: BTreeSet<FileId> =
        on_loading.iter().enumerate().filter(|(_, it)| **it).map(|(at, _)| FileId(at as u32)).collect();
    files.extend(program.function_ids().filter(|(id, _)| comes_by[id.index()]).map(|(_, it)| it.file));
    let files = files.into_iter().map(|it| program.file(it)).filter(|it| !it.test && !it.beside);
    files.map(|it| root(program, it).to_owned()).collect()
}
