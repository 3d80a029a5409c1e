//! Facts and models into one program: the order of the passes and nothing else.

mod attributes;
mod classes;
mod entries;
mod eval;
mod fates;
mod handlers;
mod keys;
mod launch;
mod modules;
mod names;
mod openings;
mod outgoing;
mod rounds;
mod spans;
mod texts;
mod things;
mod world;
