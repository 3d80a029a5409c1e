//! Agents of vendors: their spans are none of OpenTelemetry. Where OpenTelemetry is at work, what they see is in another place, and
//! covers nothing; where it is not, they are the tracer that the program has.

use super::{Instrumented, LaunchFile, is_provider, lines};
use crate::facts::Value;
use crate::library::{Instrumentor, Library, NodeId, Role};
use crate::link::rounds::Targets;
use crate::link::world::World;
use crate::text::{FileId, Symbol};

/// What the program, or who launches it, switches on of vendors.
pub(super) struct Agents<'b> {
    pub(super) enabled: Vec<&'b Instrumentor>,
    /// Something switches on whatever instrumentation is installed.
    pub(super) loads_installed: bool,
}

impl<'b> Agents<'b> {
    pub(super) fn launched(library: &'b Library, launch: &[LaunchFile]) -> Agents<'b> {
        let is_launched = |it: &&Instrumentor| launch.iter().any(|file| launches(file, it));
        Agents {
            enabled: library.instrumentors().iter().filter(is_launched).collect(),
            loads_installed: false,
        }
    }

    /// Whether what they see counts: there are no spans of OpenTelemetry, or they take those as their own.
    pub(super) fn are_the_tracer(
        &self,
        world: &World<'_>,
        targets: &Targets,
        launch: &[LaunchFile],
        found: &Instrumented,
    ) -> bool {
        if self.enabled.is_empty() {
            return false;
        }
        let speaks = || called(world, targets).any(|it| is_of_opentelemetry(world.library, it));
        self.take_its_spans(world, targets, launch) || found.enabled.is_empty() && !speaks()
    }

    /// `DD_TRACE_OTEL_ENABLED=true`, `ddtrace.opentelemetry.TracerProvider()`.
    fn take_its_spans(&self, world: &World<'_>, targets: &Targets, launch: &[LaunchFile]) -> bool {
        let mut bridges = self.enabled.iter().flat_map(|it| &it.bridges);
        let is_set = |it: &Symbol| {
            launch.iter().flat_map(lines).any(|line| line.contains(it.as_str()))
                || world.files.iter().any(|file| !file.test && file.facts.values.contains(&Value::Text(*it)))
        };
        let of_vendor = |it: NodeId| {
            is_provider(world.library, it)
                && world.library.node(it).model(Role::SetUp).is_some_and(|it| it.of_vendor)
        };
        bridges.any(is_set) || called(world, targets).any(of_vendor)
    }
}

/// What the program calls of libraries, where such agents are.
fn called<'w>(world: &'w World<'_>, targets: &'w Targets) -> impl Iterator<Item = NodeId> + use<'w> {
    let files = (0..world.files.len() as u32).map(FileId);
    files
        .filter(|it| !world.files[it.index()].test && !world.facts(*it).lexical)
        .flat_map(|it| targets.calls(it))
        .flat_map(|(_, callees)| callees.nodes())
}

/// A span of OpenTelemetry, or where such spans are sent.
fn is_of_opentelemetry(library: &Library, node: NodeId) -> bool {
    let opens = library.node(node).model(Role::Span).is_some_and(|it| !it.of_vendor);
    opens
        || is_provider(library, node) && library.node(node).model(Role::SetUp).is_some_and(|it| !it.of_vendor)
}

pub(super) fn launches(file: &LaunchFile, agent: &Instrumentor) -> bool {
    agent.launcher.is_some_and(|launcher| lines(file).any(|it| it.contains(launcher.as_str())))
}
