//! `unused-instrument`: an instrument that nothing is ever recorded with.

use crate::rule::{Context, Findings, and_more};

pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    for site in ctx.program.metrics.iter().filter(|it| it.is_of_opentelemetry() && !it.recorded) {
        let name = site.name.text.map_or("", |it| it.as_str());
        if ctx.options.allows(name) {
            continue;
        }
        let what = if name.is_empty() { "this instrument".to_owned() } else { format!("metric `{name}`") };
        found
            .add(site.at.place, format!("{what} is created, and nothing is recorded with it"))
            .label("created here")
            .reason("Its name is in the code and no series of it is anywhere: whoever builds an alert on it waits for ever.")
            .help("record with it where the thing happens, or remove it")
            .function(ctx.owner(&site.at))
            .certainty(site.certainty);
    }
    found.fold_by(ctx, |it| Some(ctx.unit(it.function?)), and_more, "another that nothing is recorded with");
}
