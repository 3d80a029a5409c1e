//! One named test for each fixture and each rule page, so that `cargo test raw-subprocess` runs what one expects. What the
//! comments in fixtures mean stands in CONTRIBUTING.md. Calls nothing of otcov but its probe.

#[path = "fixtures/cases.rs"]
mod cases;
#[path = "fixtures/compare.rs"]
mod compare;
#[path = "fixtures/expectations.rs"]
mod expectations;
#[path = "fixtures/facts.rs"]
mod facts;
#[path = "fixtures/fixes.rs"]
mod fixes;
#[path = "fixtures/matrix.rs"]
mod matrix;
#[path = "fixtures/pages.rs"]
mod pages;
#[path = "fixtures/runner.rs"]
mod runner;

use std::process::ExitCode;

use runner::Test;

fn main() -> ExitCode {
    match tests() {
        Ok(tests) => runner::run(tests),
        Err(error) => runner::refuse(&error),
    }
}

fn tests() -> anyhow::Result<Vec<Test>> {
    let rules = otcov::probe::rules();
    let cases = cases::discover()?;
    let mut tests = pages::tests(&rules)?;
    tests.extend(facts::tests()?);
    tests.extend(fixes::tests()?);
    for case in &cases {
        let (case, quiet) = (case.clone(), pages::off_by_default(&rules));
        tests.push(Test::new(case.name.clone(), move || compare::check(&case, &quiet)));
    }
    tests.push(Test::new("matrix".to_owned(), move || matrix::check(&cases)));
    Ok(tests)
}
