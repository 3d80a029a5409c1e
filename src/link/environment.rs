//! Settings of OpenTelemetry that come from the environment: where the code reads or sets them, and where the files that launch it do.

use rayon::prelude::*;

use crate::facts::{Facts, FnId, OpKind, Value, ValueId};
use crate::library::Environment;
use crate::link::launch::LaunchFile;
use crate::link::world::World;
use crate::program::{EnvPlace, EnvSite};
use crate::text::{FileId, Place, Span, Symbol};

const PREFIX: &str = "OTEL_";

pub(crate) fn find(world: &World<'_>, launch: &[LaunchFile]) -> Vec<EnvSite> {
    let mut found: Vec<EnvSite> = world.each_file().flat_map_iter(|it| in_code(world, it)).collect();
    found.extend(launch.iter().flat_map(in_launch_file));
    if found.is_empty() {
        return found;
    }
    let known = Environment::embedded();
    for site in &mut found {
        site.known = known.knows(site.name.as_str());
    }
    found
}

fn in_code(world: &World<'_>, file: FileId) -> Vec<EnvSite> {
    let facts = world.facts(file);
    let is_named = |it: &&ValueId| match facts.value(**it) {
        Value::Text(text) => is_variable(text.as_str()),
        _ => false,
    };
    let named: Vec<ValueId> = facts.shouted.iter().filter(is_named).copied().collect();
    if named.is_empty() {
        return Vec::new();
    }
    let site = |value: ValueId| {
        let Value::Text(name) = *facts.value(value) else { return None };
        let place = Place { file, span: facts.value_span(value) };
        let function = Some(world.func(file, innermost(facts, place.span)));
        Some(EnvSite {
            place: EnvPlace::Code(place, function),
            name,
            value: set_to(facts, value),
            known: false,
        })
    };
    named.into_iter().filter_map(site).collect()
}

/// The function that a text stands in.
fn innermost(facts: &Facts, span: Span) -> FnId {
    let around = facts.functions.iter().enumerate().filter(|(_, it)| it.span.contains(span));
    let smallest = around.min_by_key(|(_, it)| it.span.end - it.span.start);
    smallest.map_or(FnId::MODULE, |(index, _)| FnId(index as u32))
}

/// What the variable is set to, where it is: `environ["OTEL_X"] = "1"`, `{"OTEL_X": "1"}`.
fn set_to(facts: &Facts, name: ValueId) -> Option<Symbol> {
    let text = |value: ValueId| match *facts.value(value) {
        Value::Text(text) => Some(text),
        _ => None,
    };
    for op in &facts.ops {
        match &op.kind {
            OpKind::SetItem { key, value, .. } if *key == name => return text(*value),
            OpKind::Call { callee, args } => {
                let args = facts.args(args);
                let Some(at) = args.iter().position(|it| it.value == name) else { continue };
                // What is read has a default at most.
                let sets = matches!(
                    facts.value(*callee),
                    Value::Member { name, .. } | Value::Name(name)
                        if matches!(name.as_str(), "setdefault" | "putenv" | "setenv" | "set_var" | "env")
                );
                return args.get(at + 1).filter(|_| sets).and_then(|it| text(it.value));
            }
            _ => {}
        }
    }
    let entry = facts.entries.iter().find(|(key, _)| *key == Some(name));
    entry.and_then(|(_, value)| text(*value))
}

/// `ENV OTEL_X=1`, `OTEL_X: "1"`, `export OTEL_X=1`, `- name: OTEL_X` with its value in the next line.
fn in_launch_file(file: &LaunchFile) -> Vec<EnvSite> {
    let mut found = Vec::new();
    let path = Symbol::new(&file.path);
    let lines: Vec<&str> = file.text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if line.trim_start().starts_with(['#', ';']) {
            continue;
        }
        for (at, _) in line.match_indices(PREFIX) {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_' || it == '$' || it == '{') {
                continue;
            }
            let length = line[at..].bytes().take_while(|it| is_letter(*it)).count();
            let name = &line[at..at + length];
            if !is_variable(name) {
                continue;
            }
            let rest = &line[at + length..];
            let value = written_after(rest).or_else(|| lines.get(index + 1).and_then(|it| value_line(it)));
            let place = EnvPlace::Launch { path, line: index as u32 + 1, column: at as u32 + 1 };
            found.push(EnvSite {
                place,
                name: Symbol::new(name),
                value: value.map(Symbol::new),
                known: false,
            });
        }
    }
    found
}

fn is_letter(it: u8) -> bool {
    it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'_'
}

fn is_variable(text: &str) -> bool {
    text.len() > PREFIX.len()
        && text.starts_with(PREFIX)
        && text.bytes().all(is_letter)
        && !text.ends_with('_')
}

/// `=value` and `: value`; a reference to something else says nothing.
fn written_after(rest: &str) -> Option<&str> {
    let rest = rest.trim_start_matches(['"', '\'']);
    let value = rest.strip_prefix('=').or_else(|| rest.trim_start().strip_prefix(':'))?.trim_start();
    plain(value)
}

/// The line after `name: OTEL_X`.
fn value_line(line: &str) -> Option<&str> {
    plain(line.trim_start().strip_prefix("value:")?.trim_start())
}

fn plain(value: &str) -> Option<&str> {
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\''));
    let value = match quote {
        Some(quote) => value[1..].split(quote).next()?,
        None => value.split(" #").next()?.split([' ', '\t']).next()?.trim_end_matches(['"', '\'', ',', '\\']),
    };
    (!value.is_empty() && !value.contains('$') && value.len() < 240).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Option<String>, u32)> {
        let file = LaunchFile { path: "Dockerfile".into(), text: text.into() };
        let line = |it: &EnvSite| match it.place {
            EnvPlace::Launch { line, .. } => line,
            EnvPlace::Code(..) => 0,
        };
        let shown = |it: &EnvSite| (it.name.to_string(), it.value.map(|it| it.to_string()), line(it));
        in_launch_file(&file).iter().map(shown).collect()
    }

    fn one(name: &str, value: &str, line: u32) -> Vec<(String, Option<String>, u32)> {
        vec![(name.into(), (!value.is_empty()).then(|| value.into()), line)]
    }

    #[test]
    fn variables_of_launch_files_are_read_as_each_writes_them() {
        assert_eq!(read("FROM x\nENV OTEL_SERVICE_NAME=shop"), one("OTEL_SERVICE_NAME", "shop", 2));
        assert_eq!(read("  OTEL_SERVICE_NAME: \"my shop\"  # ours"), one("OTEL_SERVICE_NAME", "my shop", 1));
        assert_eq!(
            read("export OTEL_TRACES_SAMPLER='always_on'"),
            one("OTEL_TRACES_SAMPLER", "always_on", 1)
        );
        assert_eq!(read("- name: OTEL_SERVICE_NAME\n  value: shop"), one("OTEL_SERVICE_NAME", "shop", 1));
        assert_eq!(read("- \"OTEL_SERVICE_NAME=shop\""), one("OTEL_SERVICE_NAME", "shop", 1));
        assert_eq!(read("OTEL_A_B=1 OTEL_C_D=2 run").len(), 2);
    }

    #[test]
    fn what_is_no_setting_is_left_alone() {
        assert!(read("# OTEL_SERVICE_NAME=shop").is_empty());
        assert!(read("echo $OTEL_SERVICE_NAME ${OTEL_SERVICE_NAME} MY_OTEL_NAME=1 OTEL_").is_empty());
        assert_eq!(read("OTEL_SERVICE_NAME=$NAME"), one("OTEL_SERVICE_NAME", "", 1));
        assert_eq!(read("- name: OTEL_IP\n  valueFrom: {}"), one("OTEL_IP", "", 1));
    }
}
