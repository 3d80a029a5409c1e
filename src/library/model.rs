//! Turns an entry of a model file into a model: what is left unsaid gets its usual meaning here, and nowhere else.

use smallvec::SmallVec;

use super::format::{CallEntry, Place, Trait};
use super::{ArgPlace, Forms, Model, Role, Slot};
use crate::text::Symbol;

/// A model that says nothing but its role.
pub(super) fn plain_model(role: Role) -> Model {
    Model {
        role,
        forms: Forms::default(),
        args: SmallVec::new(),
        activates: false,
        ends: false,
        records: false,
        handles_async: false,
        handles_generators: false,
        keeps_context: false,
        declared_only: false,
        within_run: false,
        alone: false,
        detail: None,
        goes_out: goes_out(role),
        signal: None,
        of_vendor: false,
        gives: None,
        level: None,
        fixed_name: None,
        declares: Vec::new(),
        methods: SmallVec::new(),
        around: SmallVec::new(),
    }
}

fn goes_out(role: Role) -> bool {
    use Role::{Db, Http, Llm, Messaging, Network, Process, Rpc, SetUp};
    matches!(role, Http | Db | Messaging | Rpc | Llm | Network | Process | SetUp)
}

/// What an entry of a model file says of a call.
pub(super) fn model_of(role: Role, entry: &CallEntry) -> Model {
    let does = |it: Trait| entry.does.contains(&it);
    let mut args: SmallVec<[(Slot, ArgPlace); 2]> =
        entry.args.iter().map(|(slot, place)| argument(*slot, *place)).collect();
    let of_method = args.iter().any(|(_, it)| it.receiver);
    args.iter_mut().for_each(|(_, it)| it.of_method = of_method);
    // Whoever takes a function registers or runs it, and need not say so.
    let takes_function = args.iter().any(|(slot, _)| matches!(slot, Slot::Function | Slot::Handler));
    let mut forms = entry.form.0;
    forms.registration |= takes_function && forms == Forms::default();
    Model {
        forms,
        args,
        activates: does(Trait::Activates),
        ends: does(Trait::Ends),
        records: does(Trait::Records),
        handles_async: does(Trait::HandlesAsync),
        handles_generators: does(Trait::HandlesGenerators),
        keeps_context: does(Trait::KeepsContext),
        declared_only: does(Trait::DeclaredOnly),
        within_run: does(Trait::WithinRun),
        alone: does(Trait::AloneOnItsThread),
        detail: entry.kind.as_deref().map(Symbol::new),
        goes_out: entry.goes_out.unwrap_or_else(|| goes_out(role)),
        signal: entry.signal,
        level: entry.level.as_deref().map(Symbol::new),
        fixed_name: entry.fixed_name.as_deref().map(Symbol::new),
        declares: entry.declares.0.iter().map(|it| Symbol::new(it)).collect(),
        methods: entry.methods.0.iter().map(|it| Symbol::new(it)).collect(),
        around: entry.around.0.iter().map(|it| Symbol::new(it)).collect(),
        ..plain_model(role)
    }
}

fn argument(slot: Slot, place: Place) -> (Slot, ArgPlace) {
    match place {
        Place::At(place) => (slot, place),
        Place::EveryKeyword => (Slot::Keywords, ArgPlace::default()),
    }
}
