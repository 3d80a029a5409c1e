//! One finding in full: its header, the lines of source that it speaks of, the reason and the help. `codespan-reporting` draws the
//! marks under a line; this chooses the lines, makes them fit and lays out the rest.

use std::collections::BTreeMap;
use std::io;
use std::ops::Range;

use codespan_reporting::diagnostic::{LabelStyle, Severity};
use codespan_reporting::term::{Chars, Config, Renderer};

use super::Report;
use super::cut::cut;
use super::style::{Ink, Pen};
use super::words::{flat, width, wrap};
use crate::rule::{Finding, Level};
use crate::text::{FileId, Place};

/// A label's place: one line of a file, and the part of it that is marked.
struct Mark<'a> {
    place: Place,
    style: LabelStyle,
    message: &'a str,
}

/// The marked lines of one file, by line number.
struct Frame<'a> {
    file: FileId,
    lines: BTreeMap<u32, Vec<Mark<'a>>>,
}

pub(super) fn write(report: &Report<'_>, finding: &Finding, pen: &mut Pen<'_>) -> io::Result<()> {
    header(finding, pen)?;
    let frames = frames(report, finding);
    let last_line = frames.iter().filter_map(|it| it.lines.keys().next_back()).max();
    let gutter = last_line.map_or(1, |it| it.to_string().len());
    for (at, frame) in frames.iter().enumerate() {
        locus(report, frame, gutter, pen)?;
        if at == 0 {
            border(gutter, pen)?;
        }
        let mut drawing = Drawing { report, level: finding.level, gutter, pen: &mut *pen };
        drawing.frame(frame)?;
    }
    for (title, text) in [("", &finding.reason), ("help: ", &finding.help)] {
        if let Some(text) = text {
            remark(title, text, gutter, pen)?;
        }
    }
    pen.end()
}

fn header(finding: &Finding, pen: &mut Pen<'_>) -> io::Result<()> {
    const INDENT: usize = 4;
    let title = format!("{}[{}]", finding.level.as_str(), finding.rule);
    let columns = pen.style.columns();
    let lines = wrap(&flat(&finding.message), columns.saturating_sub(width(&title) + 2), columns - INDENT);
    pen.put(Ink::of_level(finding.level), &title)?;
    for (at, line) in lines.iter().enumerate() {
        pen.text(if at == 0 { ":" } else { "   " })?;
        pen.text(" ")?;
        pen.line(Ink::Strong, line)?;
    }
    Ok(())
}

/// `= reason`, wrapped under itself.
fn remark(title: &str, text: &str, gutter: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    let room = pen.style.columns() - gutter - 3;
    for (at, line) in wrap(&flat(&format!("{title}{text}")), room, room).iter().enumerate() {
        pen.text(format_args!("{:gutter$} ", ""))?;
        if at == 0 {
            pen.put(Ink::Border, "=")?;
            let rest = line.strip_prefix(title).filter(|_| !title.is_empty());
            pen.text(" ")?;
            if rest.is_some() {
                pen.put(Ink::Strong, title)?;
            }
            pen.line(Ink::Plain, rest.unwrap_or(line))?;
        } else {
            pen.line(Ink::Plain, format_args!("  {line}"))?;
        }
    }
    Ok(())
}

/// The primary place's file first, the others as they come.
fn frames<'a>(report: &Report<'_>, finding: &'a Finding) -> Vec<Frame<'a>> {
    let primary = (finding.place, LabelStyle::Primary, finding.label.as_str());
    let related = finding.related.iter().map(|it| (it.place, LabelStyle::Secondary, it.message.as_str()));
    let mut frames: Vec<Frame<'a>> = Vec::new();
    for (place, style, message) in std::iter::once(primary).chain(related) {
        let at = frames.iter().position(|it| it.file == place.file).unwrap_or_else(|| {
            frames.push(Frame { file: place.file, lines: BTreeMap::new() });
            frames.len() - 1
        });
        let line = report.program.position(place).line;
        frames[at].lines.entry(line).or_default().push(Mark { place, style, message });
    }
    frames
}

/// `┌─ path:line:column`: of the finding itself, or of the first mark in another file.
fn locus(report: &Report<'_>, frame: &Frame<'_>, gutter: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    let marks = || frame.lines.values().flatten();
    let primary = marks().find(|it| it.style == LabelStyle::Primary).or_else(|| marks().next());
    let Some(mark) = primary else { return Ok(()) };
    let position = report.program.position(mark.place);
    pen.text(format_args!("{:gutter$} ", ""))?;
    pen.put(Ink::Border, if pen.style.unicode { "┌─" } else { "-->" })?;
    let path = report.path(frame.file);
    pen.line(Ink::Plain, format_args!(" {path}:{}:{}", position.line, position.column))
}

fn border(gutter: usize, pen: &mut Pen<'_>) -> io::Result<()> {
    pen.text(format_args!("{:gutter$} ", ""))?;
    let bar = bar(pen);
    pen.line(Ink::Border, bar)
}

fn bar(pen: &Pen<'_>) -> &'static str {
    if pen.style.unicode { "│" } else { "|" }
}

struct Drawing<'d, 'w> {
    report: &'d Report<'d>,
    level: Level,
    gutter: usize,
    pen: &'d mut Pen<'w>,
}

impl Drawing<'_, '_> {
    fn frame(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        let Some(source) = self.report.sources.get(frame.file) else {
            return self.without_source(frame);
        };
        let mut previous = None;
        for (number, marks) in &frame.lines {
            if previous.is_some_and(|it| it + 1 < *number) {
                self.with_renderer(|renderer, severity, gutter| {
                    renderer.render_snippet_break(gutter, severity, 0, &[])
                })?;
            }
            self.line(frame.file, &source, *number, marks)?;
            previous = Some(*number);
        }
        Ok(())
    }

    /// The file is gone or has changed since: what would have stood under its lines is still worth saying.
    fn without_source(&mut self, frame: &Frame<'_>) -> io::Result<()> {
        for (number, mark) in
            frame.lines.iter().flat_map(|(number, marks)| marks.iter().map(move |it| (number, it)))
        {
            if !mark.message.is_empty() {
                let (bar, gutter) = (bar(self.pen), self.gutter);
                self.pen.put(Ink::Border, format_args!("{number:>gutter$} {bar} "))?;
                self.pen.line(Ink::Plain, flat(mark.message))?;
            }
        }
        Ok(())
    }

    fn line(&mut self, file: FileId, source: &str, number: u32, marks: &[Mark<'_>]) -> io::Result<()> {
        let lines = &self.report.program.file(file).lines;
        let start = lines.line_start(number).unwrap_or(0) as usize;
        let text = source.get(start..).unwrap_or("").lines().next().unwrap_or("");
        let in_line = |mark: &Mark<'_>| -> Range<usize> {
            let clamp = |offset: u32| (offset as usize).saturating_sub(start).min(text.len());
            clamp(mark.place.span.start)..clamp(mark.place.span.end)
        };
        let ranges: Vec<_> = marks.iter().map(in_line).collect();
        let room = self.pen.style.columns().saturating_sub(self.gutter + 3);
        let shown = cut(text, &ranges, room, self.pen.style.ellipsis());

        let below = match (marks, shown.marks.as_slice()) {
            ([mark], [range]) => self.too_long_beside(mark, &shown.text, range, room),
            _ => None,
        };
        let message = |mark: &Mark<'_>| if below.is_some() { String::new() } else { flat(mark.message) };
        let messages: Vec<String> = marks.iter().map(message).collect();
        let mut labels: Vec<_> = marks
            .iter()
            .zip(&shown.marks)
            .zip(&messages)
            .map(|((mark, range), message)| (mark.style, range.clone(), message.as_str()))
            .collect();
        // The order that the renderer expects: by place in the line.
        labels.sort_by_key(|(_, range, _)| (range.start, range.end));
        self.with_renderer(|renderer, severity, gutter| {
            renderer.render_snippet_source(gutter, number as usize, &shown.text, severity, &labels, 0, &[])
        })?;
        if let (Some((indent, lines)), [mark]) = (below, marks) {
            self.label_below(mark, indent, &lines)?;
        }
        Ok(())
    }

    /// A label that does not fit beside its mark goes below it, wrapped: the column to start at, and the lines.
    fn too_long_beside(
        &self,
        mark: &Mark<'_>,
        text: &str,
        range: &Range<usize>,
        room: usize,
    ) -> Option<(usize, Vec<String>)> {
        const NARROWEST: usize = 30;
        if mark.message.is_empty()
            || width(text.get(..range.end).unwrap_or(text)) + 1 + width(mark.message) <= room
        {
            return None;
        }
        let wanted = width(mark.message).min(room.saturating_sub(4)).max(NARROWEST);
        let indent = width(&text[..range.start]).min(room.saturating_sub(wanted));
        Some((indent, wrap(&flat(mark.message), room - indent, room - indent)))
    }

    fn label_below(&mut self, mark: &Mark<'_>, indent: usize, lines: &[String]) -> io::Result<()> {
        let ink = match (mark.style, self.level) {
            (LabelStyle::Secondary, _) => Ink::Border,
            (LabelStyle::Primary, Level::Error) => Ink::ErrorMark,
            (LabelStyle::Primary, Level::Warning) => Ink::WarningMark,
            (LabelStyle::Primary, _) => Ink::NoteMark,
        };
        let (bar, gutter) = (bar(self.pen), self.gutter);
        for line in lines {
            self.pen.text(format_args!("{:gutter$} ", ""))?;
            self.pen.put(Ink::Border, bar)?;
            self.pen.text(format_args!(" {:indent$}", ""))?;
            self.pen.line(ink, line)?;
        }
        Ok(())
    }

    fn with_renderer(
        &mut self,
        draw: impl FnOnce(&mut Renderer<'_, '_>, Severity, usize) -> Result<(), codespan_reporting::files::Error>,
    ) -> io::Result<()> {
        let chars = if self.pen.style.unicode { Chars::box_drawing() } else { Chars::ascii() };
        let config = Config { chars, ..Config::default() };
        let severity = match self.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
            Level::Note | Level::Off => Severity::Note,
        };
        draw(&mut Renderer::new(self.pen, &config), severity, self.gutter).map_err(io::Error::other)
    }
}
