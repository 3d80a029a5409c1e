//! Facts and models into one program: the order of the passes and nothing else.

mod attached;
mod attributes;
mod captures;
mod classes;
mod decorators;
mod ends;
mod entries;
mod environment;
mod eval;
mod fates;
mod forwarding;
mod functions;
mod guards;
mod handlers;
mod keys;
mod launch;
mod leads;
mod middleware;
mod modules;
mod names;
mod openings;
mod outgoing;
mod partials;
mod projects;
mod reach;
mod rounds;
mod routers;
mod scripts;
mod spans;
mod texts;
mod things;
mod touches;
mod untraced;
mod versions;
mod world;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::FunctionKind;
use crate::library::Library;
use crate::program::{Certainty, CoveredBy, File, FuncId, HandoffSite, Program, Reach, State};

pub(crate) use self::functions::Eligible;
pub(crate) use self::launch::LaunchFile;

/// What linking is told beside the files.
pub(crate) struct LinkInput<'a> {
    pub(crate) launch: Vec<LaunchFile>,
    /// The packages that the tree itself lies in, the outermost first.
    pub(crate) packages: Vec<String>,
    /// Libraries that something outside the tree instruments.
    pub(crate) auto_instrumented: Vec<String>,
    pub(crate) eligible: Eligible,
    /// Functions that the configuration takes out, by file and qualified name.
    pub(crate) excluded: Excludes<'a>,
}

pub(crate) type Excludes<'a> = Box<dyn Fn(&File, &str) -> bool + Sync + 'a>;

pub(crate) fn link(mut files: Vec<File>, library: &Library, input: &LinkInput<'_>) -> Program {
    let mut first = 0;
    for file in &mut files {
        file.first_function = first;
        first += file.facts.functions.len() as u32;
    }
    let mut program = tables(&files, library, input);
    program.files = files;
    program
}

fn tables(files: &[File], library: &Library, input: &LinkInput<'_>) -> Program {
    let mut world = world::World::new(files, library, &input.launch, &input.packages);
    classes::resolve(&mut world);
    world.partials = partials::find(&world);
    let targets = rounds::run(&mut world);
    let world = world;
    // What does not rest on each other is found side by side, so that one pass works while another sums up.
    let (mut openings, (written, runners)) = rayon::join(
        || openings::find(&world, &targets),
        || rayon::join(|| attributes::find(&world, &targets), || outgoing::Runners::find(&world, &targets)),
    );
    let (entries, instrumented) = rayon::join(
        || entries::find(&world, &targets, &input.launch),
        || {
            let middleware = middleware::find(&world, &targets, &openings);
            let declared = &input.auto_instrumented;
            launch::Instrumented::find(&world, &targets, &input.launch, declared, middleware)
        },
    );
    let spawners = outgoing::spawners::Spawners::find(&world, &targets, &openings);
    let graph = reach::CallGraph::new(&world, &targets, &openings, &instrumented, &spawners, &entries);
    openings.inside = graph.closures_inside(&world, &openings);
    let openings = openings;
    let untraced = untraced::find(&world, &targets, &input.launch, &entries, &instrumented);
    let verdicts = functions::Verdicts {
        world: &world,
        targets: &targets,
        openings: &openings,
        entries: &entries,
        instrumented: &instrumented,
        untraced: &untraced,
        routers: &routers::Routers::new(&world, &targets, &entries),
        eligible: input.eligible,
        configured: &input.excluded,
    };
    let qualified = verdicts.qualified();
    let ((own, reach, timed), (leaving, recorders)) = rayon::join(
        || {
            let own = verdicts.own(&qualified);
            let reach = graph.reach(&world, &own.rooted, &own.exposed);
            let timed = graph.timed(&world, &own.rooted, &own.exposed);
            (own, reach, timed)
        },
        || {
            rayon::join(
                || outgoing::find(&world, &targets, &openings, &runners, &spawners),
                || handlers::Recorders::find(&world, &targets, &graph),
            )
        },
    );
    let lost = lost(&world, &leaving.handoffs, &instrumented);
    let (functions, (spans, may_be_inside)) = rayon::join(
        || verdicts.table(qualified, &own, &graph, &reach),
        || {
            rayon::join(
                || spans::sites(&world, &targets, &openings),
                || graph.may_be_inside(&world, &own.rooted, &own.exposed, &lost),
            )
        },
    );
    let mut program = Program {
        functions,
        spans,
        attributes: written.attributes,
        open_writes: written.open_writes,
        events: written.events,
        metrics: written.metrics,
        measurements: written.measurements,
        handlers: handlers::sites(&world, &targets, &openings, &recorders),
        early_ends: ends::find(&world, &targets, &openings),
        attached: attached::find(&world, &targets),
        processes: leaving.processes,
        calls: leaving.calls,
        handoffs: leaving.handoffs,
        logs: leaving.logs,
        setups: leaving.setups,
        servers: leaving.servers,
        timed,
        envs: environment::find(&world, &input.launch),
        guards: guards::sites(&world, &targets, &openings),
        ..Program::default()
    };
    program.drops = handlers::drops(&world, &targets, &openings, &program.spans);
    program.errors = handlers::errors(&world, &targets, &openings, &recorders, &program.handlers);
    guards::mark(&mut program.spans, &program.guards);
    cover(&mut program, &world, &openings, &instrumented, &leaving.call_nodes, &reach);
    let traced = graph.leading_to(opening(&program, &own.direct));
    for it in &mut program.handoffs {
        it.traced = it.work.is_some_and(|it| traced[it.index()]);
        it.propagates |= instrumented.carries(it.mechanism);
    }
    program.matches = captures::Captures {
        world: &world,
        targets: &targets,
        openings: &openings,
        runners: &runners,
        reach: &reach,
        auto: &own.auto,
    }
    .find();
    spans::fill_arguments(&world, &mut program.spans);
    touches::Touches {
        world: &world,
        targets: &targets,
        openings: &openings,
        recorders: &recorders,
        graph: &graph,
        entries: &entries,
        instrumented: &instrumented,
        may_be_inside: &may_be_inside,
    }
    .fill(&mut program);
    let loads = scripts::loads(&world);
    let tree = projects::Tree::new(&world, &input.launch, &loads);
    program.apart = scripts::find(&world, &targets, &program, &loads, &tree);
    program.projects = tree.projects;
    program.tracing_layer = versions::oldest_of("tracing-opentelemetry", &input.launch);
    program.process_runner = best_runner(&program, &own.direct, &runners);
    // Taking all this apart piece by piece would only make people wait: a run links once, or twice with what was before.
    std::mem::forget((world, targets, openings, graph));
    program
}

/// The functions that have a span opened, by themselves or by the instrumentation of what they call.
fn opening(program: &Program, direct: &[bool]) -> Vec<bool> {
    let mut opening = direct.to_vec();
    for it in program.calls.iter().filter(|it| it.instrumented && it.certainty == Certainty::Certain) {
        opening[it.at.function.index()] = true;
    }
    opening
}

/// Closures that are handed to a thread, a pool or a task that has nothing of the context where they stand: they run nowhere else.
fn lost(
    world: &world::World<'_>,
    handoffs: &[HandoffSite],
    instrumented: &launch::Instrumented,
) -> FxHashSet<FuncId> {
    let loses = |it: &&HandoffSite| !(it.propagates || it.only_makes || instrumented.carries(it.mechanism));
    let work = handoffs.iter().filter(loses).filter_map(|it| it.work);
    work.filter(|it| world.function(*it).kind == FunctionKind::Closure).collect()
}

/// Says of each process, outgoing call and handover whether a span is open around it. `reach` speaks of what surrounds a function, where
/// the program's own table counts the span that a function opens somewhere in its body.
fn cover(
    program: &mut Program,
    world: &world::World<'_>,
    openings: &openings::Openings,
    instrumented: &launch::Instrumented,
    nodes: &[crate::library::NodeId],
    reach: &[Reach],
) {
    let inherits = |function: FuncId| {
        reach[function.index()] == Reach::Covered || program.functions[function.index()].state == State::Auto
    };
    for site in &mut program.processes {
        site.covered = site.in_span || inherits(site.at.function);
    }
    for site in &mut program.handoffs {
        site.in_span |= inherits(site.at.function);
        site.handle_in_span = openings.is_put_into_a_span(site.at);
    }
    let mut known = FxHashMap::default();
    for (site, node) in program.calls.iter_mut().zip(nodes) {
        site.reach = reach[site.at.function.index()];
        site.instrumented = instrumented.covers_call(world.library, *node);
        site.instrumentable = *known.entry(*node).or_insert_with(|| world.library.is_instrumentable(*node));
        site.covered_by =
            if touches::in_span(world, openings, site.at) || openings.is_put_into_a_span(site.at) {
                Some(CoveredBy::Span)
            } else if site.instrumented {
                Some(CoveredBy::Auto)
            } else if inherits(site.at.function) {
                Some(CoveredBy::Inherited)
            } else {
                None
            };
    }
}

/// The runner with a span of its own that most of the program's processes go through.
fn best_runner(program: &Program, direct: &[bool], runners: &outgoing::Runners) -> Option<FuncId> {
    let used = |function: FuncId| program.functions[function.index()].callers.len();
    runners
        .all()
        .into_iter()
        .filter(|it| direct[it.index()])
        .max_by_key(|it| (used(*it), std::cmp::Reverse(it.0)))
}
