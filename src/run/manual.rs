//! The manual page and the shells' completions, made from the definition of the command line.

use std::io::{self, Write};

use clap::Command;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::cli::Cli;

pub(crate) fn completions(shell: Shell, out: &mut dyn Write) -> io::Result<()> {
    // The generator panics on a broken pipe, so it writes to memory.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::definition(), "otcov", &mut text);
    out.write_all(&text)
}

/// One page for all commands: each has its synopsis and options in a section of its own.
pub(crate) fn page(out: &mut dyn Write) -> io::Result<()> {
    let definition = Cli::definition();
    let mut text = Vec::new();
    Man::new(definition.clone()).render(&mut text)?;
    for command in definition.get_subcommands().filter(|it| it.get_arguments().next().is_some()) {
        section(command, &mut text)?;
    }
    out.write_all(&text)
}

fn section(command: &Command, text: &mut Vec<u8>) -> io::Result<()> {
    let name = format!("otcov {}", command.get_name());
    writeln!(text, ".SH \"{}\"", name.to_uppercase())?;
    let named = command.clone().bin_name(name);
    let mut body = Vec::new();
    let man = Man::new(named);
    man.render_description_section(&mut body)?;
    man.render_synopsis_section(&mut body)?;
    man.render_options_section(&mut body)?;
    // Inside the command's own section, the headings are those of subsections.
    text.write_all(String::from_utf8_lossy(&body).replace(".SH ", ".SS ").as_bytes())
}
