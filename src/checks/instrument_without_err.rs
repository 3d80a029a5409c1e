//! `instrument-without-err`: a function that can fail is instrumented, and its span does not show when it does.

use crate::program::SpanStyle;
use crate::rule::{Change, Context, Edit, Findings, Fix, Safety};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in &ctx.program.spans {
        let silent = site.style == SpanStyle::Attribute && site.may_record && !site.records_errors;
        if !silent || !ctx.program.returns_result(site.owner) {
            continue;
        }
        let name = ctx.program.function(site.owner).name;
        found
            .add(site.at.place, format!("the span of `{name}` does not show its errors"))
            .label("without `err`")
            .reason("The span of a call that failed looks like that of one that went well.")
            .help("add `err` to the attribute, or `err(Debug)` where the error is not shown as text")
            .fix(Some(Fix {
                safety: Safety::Unsafe,
                title: "add `err`".to_owned(),
                edits: vec![Edit { place: site.at.place, change: Change::Argument("err") }],
            }))
            .function(site.owner);
    }
}
