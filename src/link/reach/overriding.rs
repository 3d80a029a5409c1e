//! The methods of classes below that may stand in for a method that is called.

use std::sync::OnceLock;

use crate::link::world::World;
use crate::program::FuncId;

/// Past this many nobody can follow.
const MOST_OVERRIDES: usize = 24;

/// By method: those of classes below that stand in for it. Methods of common bases are called in most files.
pub(super) struct Overriding(Vec<OnceLock<Box<[FuncId]>>>);

impl Overriding {
    pub(super) fn new(world: &World<'_>) -> Overriding {
        Overriding(world.file_of.iter().map(|_| OnceLock::new()).collect())
    }

    pub(super) fn of(&self, world: &World<'_>, method: FuncId) -> &[FuncId] {
        self.0[method.index()].get_or_init(|| world.overriding(method, MOST_OVERRIDES).into())
    }
}
