//! What can be typed, and what was: clap types only. Nothing is looked up or decided here.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::builder::styling::{AnsiColor, Styles};
use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum, ValueHint};

use crate::report::{CatalogueFormat, DiffFormat, Format, INVENTORY_KINDS, InventoryFormat};

const STYLES: Styles = Styles::styled()
    .header(AnsiColor::Green.on_default().bold())
    .usage(AnsiColor::Green.on_default().bold())
    .literal(AnsiColor::Cyan.on_default().bold())
    .placeholder(AnsiColor::Cyan.on_default());

const EXAMPLES: &str = "\
Examples:
  otcov scan                               coverage and findings of this directory
  otcov scan src --fail-under 40           fail below 40 % of the functions
  otcov scan --format json=otcov.json      the report for machines, in a file
  otcov explain raw-subprocess             what a rule finds, why it matters, how to fix it
  otcov init                               write an otcov.toml for this tree

Exit status:
  0  nothing at or above --fail-on, and every threshold holds
  1  findings at or above --fail-on, or a threshold does not hold
  2  the command, the configuration or a path cannot be used";

const SCAN_EXAMPLES: &str = "\
Examples:
  otcov scan
  otcov scan src tests/helpers.py --select coverage
  otcov scan --ignore dark-call --fail-on warning
  otcov scan --fail-under entry-points=100,functions=40
  otcov scan --diff origin/main
  otcov scan --write-baseline otcov-baseline.json
  otcov scan --baseline otcov-baseline.json
  otcov scan --format human --format json=otcov.json";

const FIX_EXAMPLES: &str = "\
Examples:
  otcov fix --dry-run                      what would change, as a diff
  otcov fix --select deprecated-attribute
  otcov fix src --unsafe

Exit status:
  0  done, or nothing to do
  1  with --dry-run: something would change
  2  the command, the configuration or a path cannot be used";

const INVENTORY_EXAMPLES: &str = "\
Examples:
  otcov inventory --kind span,metric --format table
  otcov inventory src -o inventory.jsonl";

const DIFF_EXAMPLES: &str = "\
Examples:
  otcov registry diff old/registry telemetry/registry
  otcov registry diff --code origin/main
  otcov registry diff --code v1.0..v2.0 src";

const INFER_EXAMPLES: &str = "\
Examples:
  otcov registry infer
  otcov registry infer src -o telemetry/registry
  otcov registry infer --registry telemetry/registry -o telemetry/registry/new.yaml";

const TALK: &str = "Output";

/// Tells which code is dark to OpenTelemetry, without running it
#[derive(Debug, Parser)]
#[command(name = "otcov", version, styles = STYLES, after_help = EXAMPLES, max_term_width = 110)]
#[command(arg_required_else_help = true, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
    #[command(flatten)]
    pub(crate) talk: TalkArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Report the coverage of a tree, what is wrong in it, and whether it passes the gate
    #[command(after_help = SCAN_EXAMPLES)]
    Scan(ScanArgs),
    /// Mend what can be mended without anybody thinking about it
    #[command(after_help = FIX_EXAMPLES)]
    Fix(FixArgs),
    /// List every telemetry fact in a tree, one record a fact
    #[command(after_help = INVENTORY_EXAMPLES)]
    Inventory(InventoryArgs),
    /// Print a rule's page: what it finds, why it matters, an example, the fix, its limits
    Explain {
        /// The rule, by name
        rule: String,
        #[command(flatten)]
        which: ConfigArgs,
    },
    /// List all rules, those of the configuration too
    Rules {
        #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = parse_catalogue_format, help = format!("One of {}", words(&CatalogueFormat::ALL.map(CatalogueFormat::as_str))))]
        format: CatalogueFormat,
        /// Hold the rules of the configuration against the examples that they carry; 1 where one is wrong
        #[arg(long, conflicts_with = "format")]
        check: bool,
        #[command(flatten)]
        which: ConfigArgs,
    },
    /// Check a registry of semantic conventions, compare two, or write one from the code
    #[command(subcommand)]
    Registry(RegistryCommand),
    /// Write an otcov.toml for a tree: its layers, and thresholds at today's level
    Init(InitArgs),
    /// Print the completions of a shell
    Completions {
        #[arg(value_enum)]
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

#[derive(Debug, Subcommand)]
pub(crate) enum RegistryCommand {
    /// Tell what is wrong in a registry, as OpenTelemetry Weaver writes it
    Check {
        /// Folders and files of the registry
        #[arg(value_name = "PATHS", required = true, value_hint = ValueHint::AnyPath)]
        paths: Vec<PathBuf>,
    },
    /// Tell what changed between two registries, or in what the code emits; 1 if anything breaks those who read it
    #[command(after_help = DIFF_EXAMPLES)]
    Diff(DiffArgs),
    /// Write a registry of what the code emits, or what the configured one lacks
    #[command(after_help = INFER_EXAMPLES)]
    Infer(InferArgs),
}

#[derive(Debug, Args)]
pub(crate) struct DiffArgs {
    /// Compare what the code of REV emitted with what it emits now; A..B for two commits [default: the main branch]
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "")]
    pub(crate) code: Option<String>,
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = parse_diff_format, help = format!("One of {}", words(&DiffFormat::ALL.map(DiffFormat::as_str))))]
    pub(crate) format: DiffFormat,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InferArgs {
    /// Write only what this registry lacks, beside that of the configuration
    #[arg(long = "registry", value_name = "PATH", action = ArgAction::Append, value_hint = ValueHint::AnyPath)]
    pub(crate) registries: Vec<PathBuf>,
    /// Write to this YAML file, or to a registry in this folder
    #[arg(short, long, value_name = "PATH", value_hint = ValueHint::AnyPath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

/// How otcov talks; understood before and after every command.
#[derive(Debug, Args)]
pub(crate) struct TalkArgs {
    /// Colour the output: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto, hide_possible_values = true)]
    #[arg(global = true, help_heading = TALK)]
    pub(crate) color: When,
    /// Tell on stderr what is being done: auto, always or never
    #[arg(long, value_name = "WHEN", value_enum, default_value_t = When::Auto, hide_possible_values = true)]
    #[arg(global = true, help_heading = TALK)]
    pub(crate) progress: When,
    /// Print the last line only, and what fails the gate
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = TALK)]
    pub(crate) quiet: bool,
    /// Print every finding in full, notes too
    #[arg(short, long, global = true, help_heading = TALK)]
    pub(crate) verbose: bool,
}

/// Which configuration holds where no tree is read.
#[derive(Debug, Args)]
pub(crate) struct ConfigArgs {
    /// Use this configuration file, and look for no other
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long)]
    pub(crate) isolated: bool,
}

/// What to read, and by which configuration.
#[derive(Debug, Args)]
pub(crate) struct TreeArgs {
    /// Directories and files to read
    #[arg(value_name = "PATHS", default_value = ".", value_hint = ValueHint::AnyPath)]
    pub(crate) paths: Vec<PathBuf>,
    /// Use this configuration file, and look for no other
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "isolated")]
    pub(crate) config: Option<PathBuf>,
    /// Use no configuration file
    #[arg(long)]
    pub(crate) isolated: bool,
    /// How many threads to use [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
}

/// Which rules speak.
#[derive(Debug, Args)]
pub(crate) struct RuleArgs {
    /// Only these rules or groups; `default` and `strict` are groups too
    #[arg(long, value_name = "RULES", value_delimiter = ',', action = ArgAction::Append)]
    pub(crate) select: Vec<String>,
    /// Leave these rules or groups out
    #[arg(long, value_name = "RULES", value_delimiter = ',', action = ArgAction::Append)]
    pub(crate) ignore: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct FixArgs {
    /// Apply fixes too on which something else may depend, or after which code may not compile
    #[arg(long = "unsafe")]
    pub(crate) unsafely: bool,
    /// Change nothing, and print what would change as a unified diff
    #[arg(long)]
    pub(crate) dry_run: bool,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    #[arg(long = "format", value_name = "FORMAT[=FILE]", value_parser = parse_output, help = format!("{} [default: human]; to a file with =FILE; may be given again", words(&Format::ALL.map(Format::as_str))))]
    pub(crate) outputs: Vec<Output>,
    #[command(flatten)]
    pub(crate) rules: RuleArgs,
    /// From which level on findings fail the run: error, warning, note or never
    #[arg(long, value_name = "LEVEL", value_enum, default_value_t = FailOn::Error, hide_possible_values = true)]
    pub(crate) fail_on: FailOn,
    /// Thresholds in percent: of functions, or DIMENSION=PERCENT[,…]
    #[arg(long, value_name = "PERCENT", value_delimiter = ',', action = ArgAction::Append)]
    pub(crate) fail_under: Vec<String>,
    /// Read the whole project, and tell only what is about PATHS: for hooks that are given files
    #[arg(long)]
    pub(crate) whole: bool,
    /// Tell only what was changed since the branch left REV [default: the main branch]
    #[arg(long, value_name = "REV", num_args = 0..=1, default_missing_value = "")]
    pub(crate) diff: Option<String>,
    /// Tell only what is not in this file, which --write-baseline wrote
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the findings and numbers of today to this file, to be told no more
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) write_baseline: Option<PathBuf>,
    /// What the rows of the table are: layer or language
    #[arg(long, value_name = "ROWS", value_enum, default_value_t = Rows::Layer, hide_possible_values = true)]
    pub(crate) by: Rows,
    /// Count the findings by rule
    #[arg(long)]
    pub(crate) statistics: bool,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InventoryArgs {
    #[arg(long, value_name = "FORMAT", default_value = "jsonl", value_parser = parse_inventory_format, help = format!("One of {}", words(&InventoryFormat::ALL.map(InventoryFormat::as_str))))]
    pub(crate) format: InventoryFormat,
    /// Only facts of these kinds
    #[arg(long = "kind", value_name = "KINDS", value_delimiter = ',', action = ArgAction::Append, value_parser = PossibleValuesParser::new(INVENTORY_KINDS))]
    pub(crate) kinds: Vec<String>,
    /// Write to this file, whole or not at all
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) output: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tree: TreeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// The directory to write the file for
    #[arg(value_name = "DIRECTORY", default_value = ".", value_hint = ValueHint::DirPath)]
    pub(crate) directory: PathBuf,
    /// How many threads to use [default: as many as there are processors]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) jobs: Option<u16>,
}

/// A report and where it goes; without a file, to stdout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) file: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Rows {
    Layer,
    Language,
}

impl Cli {
    /// The command as clap knows it, for completions and the manual page.
    pub(crate) fn definition() -> clap::Command {
        <Cli as CommandFactory>::command()
    }

    pub(crate) fn from(args: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(args)
    }
}

fn parse_output(text: &str) -> Result<Output, String> {
    let (name, file) = match text.split_once('=') {
        Some((_, "")) => return Err("there is no file name after `=`".to_owned()),
        Some((name, file)) => (name, Some(PathBuf::from(file))),
        None => (text, None),
    };
    let format = one_of(name, &Format::ALL, Format::as_str)?;
    Ok(Output { format, file })
}

fn parse_inventory_format(text: &str) -> Result<InventoryFormat, String> {
    one_of(text, &InventoryFormat::ALL, InventoryFormat::as_str)
}

fn parse_diff_format(text: &str) -> Result<DiffFormat, String> {
    one_of(text, &DiffFormat::ALL, DiffFormat::as_str)
}

fn parse_catalogue_format(text: &str) -> Result<CatalogueFormat, String> {
    one_of(text, &CatalogueFormat::ALL, CatalogueFormat::as_str)
}

fn one_of<T: Copy>(text: &str, all: &[T], word: fn(T) -> &'static str) -> Result<T, String> {
    let known: Vec<&str> = all.iter().map(|it| word(*it)).collect();
    let found = all.iter().find(|it| word(**it) == text).copied();
    found.ok_or_else(|| format!("there is no format `{text}`, only {}", words(&known)))
}

fn words(list: &[&str]) -> String {
    list.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Cli::definition().debug_assert();
    }

    #[test]
    fn outputs_name_a_format_and_maybe_a_file() {
        assert_eq!(parse_output("json"), Ok(Output { format: Format::Json, file: None }));
        let file = Some(PathBuf::from("a=b.json"));
        assert_eq!(parse_output("json=a=b.json"), Ok(Output { format: Format::Json, file }));
        assert_eq!(parse_output("xml"), Err("there is no format `xml`, only human, json, sarif, github, gitlab, junit, markdown, lcov, cobertura, html, badge".to_owned()));
        assert!(parse_output("json=").is_err());
    }
}
