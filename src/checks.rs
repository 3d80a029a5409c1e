//! The list of rules, one file each. Generated from `src/checks/` by the tidy tests; edit nothing here.

use crate::rule::Rule;

mod attribute_level;
mod attribute_name_style;
mod attribute_type;
mod attribute_value;
mod context_lost_task;
mod context_lost_thread;
mod context_not_detached;
mod dark_call;
mod dark_entry_point;
mod dark_function;
mod decorator_ends_early;
mod deprecated_attribute;
mod double_recorded_exception;
mod duration_unit;
mod dynamic_attribute_key;
mod dynamic_span_name;
mod guard_across_await;
mod guard_dropped;
mod inconsistent_attribute;
mod instrument_boxed_future;
mod instrument_leaks_args;
mod instrument_per_call;
mod instrument_without_err;
mod metric_cardinality;
mod metric_conflict;
mod metric_name_style;
mod metric_shadows_attribute;
mod metric_unit;
mod missing_required_attribute;
mod namespace_collision;
mod orphan_enrichment;
mod print_instead_of_log;
mod raw_subprocess;
mod reserved_namespace;
mod semconv_metric;
mod sensitive_attribute;
mod span_discarded;
mod span_never_ended;
mod span_not_current;
mod swallowed_error;
mod syntax_error;
mod undeclared_field;
mod unknown_attribute;
mod unrecorded_exception;
mod unregistered_attribute;
mod unused_instrument;
mod unused_suppression;
mod view_mismatch;

/// Every rule, by name.
pub(crate) static ALL: &[Rule] = &[
    Rule {
        name: "attribute-level",
        page: include_str!("../rules/checks/attribute-level.md"),
        check: attribute_level::check,
    },
    Rule {
        name: "attribute-name-style",
        page: include_str!("../rules/checks/attribute-name-style.md"),
        check: attribute_name_style::check,
    },
    Rule {
        name: "attribute-type",
        page: include_str!("../rules/checks/attribute-type.md"),
        check: attribute_type::check,
    },
    Rule {
        name: "attribute-value",
        page: include_str!("../rules/checks/attribute-value.md"),
        check: attribute_value::check,
    },
    Rule {
        name: "context-lost-task",
        page: include_str!("../rules/checks/context-lost-task.md"),
        check: context_lost_task::check,
    },
    Rule {
        name: "context-lost-thread",
        page: include_str!("../rules/checks/context-lost-thread.md"),
        check: context_lost_thread::check,
    },
    Rule {
        name: "context-not-detached",
        page: include_str!("../rules/checks/context-not-detached.md"),
        check: context_not_detached::check,
    },
    Rule { name: "dark-call", page: include_str!("../rules/checks/dark-call.md"), check: dark_call::check },
    Rule {
        name: "dark-entry-point",
        page: include_str!("../rules/checks/dark-entry-point.md"),
        check: dark_entry_point::check,
    },
    Rule {
        name: "dark-function",
        page: include_str!("../rules/checks/dark-function.md"),
        check: dark_function::check,
    },
    Rule {
        name: "decorator-ends-early",
        page: include_str!("../rules/checks/decorator-ends-early.md"),
        check: decorator_ends_early::check,
    },
    Rule {
        name: "deprecated-attribute",
        page: include_str!("../rules/checks/deprecated-attribute.md"),
        check: deprecated_attribute::check,
    },
    Rule {
        name: "double-recorded-exception",
        page: include_str!("../rules/checks/double-recorded-exception.md"),
        check: double_recorded_exception::check,
    },
    Rule {
        name: "duration-unit",
        page: include_str!("../rules/checks/duration-unit.md"),
        check: duration_unit::check,
    },
    Rule {
        name: "dynamic-attribute-key",
        page: include_str!("../rules/checks/dynamic-attribute-key.md"),
        check: dynamic_attribute_key::check,
    },
    Rule {
        name: "dynamic-span-name",
        page: include_str!("../rules/checks/dynamic-span-name.md"),
        check: dynamic_span_name::check,
    },
    Rule {
        name: "guard-across-await",
        page: include_str!("../rules/checks/guard-across-await.md"),
        check: guard_across_await::check,
    },
    Rule {
        name: "guard-dropped",
        page: include_str!("../rules/checks/guard-dropped.md"),
        check: guard_dropped::check,
    },
    Rule {
        name: "inconsistent-attribute",
        page: include_str!("../rules/checks/inconsistent-attribute.md"),
        check: inconsistent_attribute::check,
    },
    Rule {
        name: "instrument-boxed-future",
        page: include_str!("../rules/checks/instrument-boxed-future.md"),
        check: instrument_boxed_future::check,
    },
    Rule {
        name: "instrument-leaks-args",
        page: include_str!("../rules/checks/instrument-leaks-args.md"),
        check: instrument_leaks_args::check,
    },
    Rule {
        name: "instrument-per-call",
        page: include_str!("../rules/checks/instrument-per-call.md"),
        check: instrument_per_call::check,
    },
    Rule {
        name: "instrument-without-err",
        page: include_str!("../rules/checks/instrument-without-err.md"),
        check: instrument_without_err::check,
    },
    Rule {
        name: "metric-cardinality",
        page: include_str!("../rules/checks/metric-cardinality.md"),
        check: metric_cardinality::check,
    },
    Rule {
        name: "metric-conflict",
        page: include_str!("../rules/checks/metric-conflict.md"),
        check: metric_conflict::check,
    },
    Rule {
        name: "metric-name-style",
        page: include_str!("../rules/checks/metric-name-style.md"),
        check: metric_name_style::check,
    },
    Rule {
        name: "metric-shadows-attribute",
        page: include_str!("../rules/checks/metric-shadows-attribute.md"),
        check: metric_shadows_attribute::check,
    },
    Rule {
        name: "metric-unit",
        page: include_str!("../rules/checks/metric-unit.md"),
        check: metric_unit::check,
    },
    Rule {
        name: "missing-required-attribute",
        page: include_str!("../rules/checks/missing-required-attribute.md"),
        check: missing_required_attribute::check,
    },
    Rule {
        name: "namespace-collision",
        page: include_str!("../rules/checks/namespace-collision.md"),
        check: namespace_collision::check,
    },
    Rule {
        name: "orphan-enrichment",
        page: include_str!("../rules/checks/orphan-enrichment.md"),
        check: orphan_enrichment::check,
    },
    Rule {
        name: "print-instead-of-log",
        page: include_str!("../rules/checks/print-instead-of-log.md"),
        check: print_instead_of_log::check,
    },
    Rule {
        name: "raw-subprocess",
        page: include_str!("../rules/checks/raw-subprocess.md"),
        check: raw_subprocess::check,
    },
    Rule {
        name: "reserved-namespace",
        page: include_str!("../rules/checks/reserved-namespace.md"),
        check: reserved_namespace::check,
    },
    Rule {
        name: "semconv-metric",
        page: include_str!("../rules/checks/semconv-metric.md"),
        check: semconv_metric::check,
    },
    Rule {
        name: "sensitive-attribute",
        page: include_str!("../rules/checks/sensitive-attribute.md"),
        check: sensitive_attribute::check,
    },
    Rule {
        name: "span-discarded",
        page: include_str!("../rules/checks/span-discarded.md"),
        check: span_discarded::check,
    },
    Rule {
        name: "span-never-ended",
        page: include_str!("../rules/checks/span-never-ended.md"),
        check: span_never_ended::check,
    },
    Rule {
        name: "span-not-current",
        page: include_str!("../rules/checks/span-not-current.md"),
        check: span_not_current::check,
    },
    Rule {
        name: "swallowed-error",
        page: include_str!("../rules/checks/swallowed-error.md"),
        check: swallowed_error::check,
    },
    Rule {
        name: "syntax-error",
        page: include_str!("../rules/checks/syntax-error.md"),
        check: syntax_error::check,
    },
    Rule {
        name: "undeclared-field",
        page: include_str!("../rules/checks/undeclared-field.md"),
        check: undeclared_field::check,
    },
    Rule {
        name: "unknown-attribute",
        page: include_str!("../rules/checks/unknown-attribute.md"),
        check: unknown_attribute::check,
    },
    Rule {
        name: "unrecorded-exception",
        page: include_str!("../rules/checks/unrecorded-exception.md"),
        check: unrecorded_exception::check,
    },
    Rule {
        name: "unregistered-attribute",
        page: include_str!("../rules/checks/unregistered-attribute.md"),
        check: unregistered_attribute::check,
    },
    Rule {
        name: "unused-instrument",
        page: include_str!("../rules/checks/unused-instrument.md"),
        check: unused_instrument::check,
    },
    Rule {
        name: "unused-suppression",
        page: include_str!("../rules/checks/unused-suppression.md"),
        check: unused_suppression::check,
    },
    Rule {
        name: "view-mismatch",
        page: include_str!("../rules/checks/view-mismatch.md"),
        check: view_mismatch::check,
    },
];
