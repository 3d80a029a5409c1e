//! A rule's page on a terminal: just enough Markdown for the pages that there are. Headings stand out, code is indented, text is
//! wrapped. It must never lose text that it does not understand.

use std::io;

use crate::report::style::{Ink, Pen};
use crate::report::words::{width, wrap};
use crate::rule::Rule;

pub(super) fn write(rule: &Rule, pen: &mut Pen<'_>) -> io::Result<()> {
    title(rule, pen)?;
    let mut code = false;
    let mut paragraph = Paragraph::default();
    for line in rule.body().lines() {
        if line.trim_start().starts_with("```") {
            paragraph.end(pen)?;
            code = !code;
        } else if code {
            pen.line(Ink::Code, format_args!("    {line}"))?;
        } else if let Some(heading) = line.strip_prefix('#') {
            paragraph.end(pen)?;
            let heading = heading.trim_start_matches('#').trim();
            // The title has been told.
            if heading != rule.name {
                pen.line(Ink::Strong, heading)?;
            }
        } else if line.trim().is_empty() {
            paragraph.end(pen)?;
            pen.end()?;
        } else if line.starts_with(['|', '>']) || line.starts_with("    ") {
            paragraph.end(pen)?;
            pen.line(Ink::Plain, line)?;
        } else {
            paragraph.add(line, pen)?;
        }
    }
    paragraph.end(pen)
}

fn title(rule: &Rule, pen: &mut Pen<'_>) -> io::Result<()> {
    pen.put(Ink::Strong, rule.name)?;
    let Ok(told) = rule.metadata() else { return pen.end() };
    pen.text("   ")?;
    pen.put(Ink::of_level(told.level), told.level.as_str())?;
    let dot = pen.style.dot();
    let facts = [told.group.as_str(), &told.languages.join(", "), &format!("since {}", told.since)]
        .map(|it| format!(" {dot} {it}"))
        .concat();
    pen.line(Ink::Faint, facts)?;
    for line in wrap(&told.summary, pen.style.columns(), pen.style.columns()) {
        pen.line(Ink::Plain, line)?;
    }
    pen.end()
}

/// Lines that belong together, until it is known that they have ended.
#[derive(Default)]
struct Paragraph {
    text: String,
    bullet: bool,
}

impl Paragraph {
    fn add(&mut self, line: &str, pen: &mut Pen<'_>) -> io::Result<()> {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        if item.is_some() {
            self.end(pen)?;
            self.bullet = true;
        }
        self.text.push_str(item.unwrap_or(line));
        self.text.push(' ');
        Ok(())
    }

    fn end(&mut self, pen: &mut Pen<'_>) -> io::Result<()> {
        let lead = if self.bullet { "- " } else { "" };
        let room = pen.style.columns() - lead.len();
        let text = std::mem::take(self).text;
        if text.trim().is_empty() {
            return Ok(());
        }
        for (at, line) in wrap(&text, room, room).iter().enumerate() {
            pen.text(format_args!("{:1$}", if at == 0 { lead } else { "" }, width(lead)))?;
            inline(line, pen)?;
            pen.end()?;
        }
        Ok(())
    }
}

/// Code between backticks in its ink. A span that the wrapping has split stays as it is written.
fn inline(line: &str, pen: &mut Pen<'_>) -> io::Result<()> {
    let mut rest = line;
    while let Some((before, after)) = rest.split_once('`') {
        let Some((code, after)) = after.split_once('`') else { break };
        pen.text(before)?;
        pen.put(Ink::Code, format_args!("`{code}`"))?;
        rest = after;
    }
    pen.text(rest)
}
