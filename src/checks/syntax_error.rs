//! `syntax-error`: part of a file was not understood, so nothing is said about it.

use crate::rule::{Context, Findings};
use crate::text::{FileId, Place};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for (at, file) in ctx.program.files.iter().enumerate() {
        for problem in &file.facts.problems {
            let place = Place { file: FileId(at as u32), span: problem.span };
            found
                .add(place, format!("part of this file is not understood: {}", problem.message))
                .label("not analysed")
                .reason("What stands here is in no number and in no other finding.")
                .help("correct the syntax, or exclude the file if it is not meant to be run");
        }
    }
}
