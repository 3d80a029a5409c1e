//! Rules of a project's own: a query of the configuration, and questions to the program about what it captures. They are rules
//! like any other, with a page that is written from what the configuration says.

use std::fmt;
use std::sync::Arc;

use crate::measure::LayerSpec;
use crate::program::{CaptureSite, Certainty, EntryKind, MatchSite};
use crate::rule::{Context, Findings, Level, Rule};
use crate::text::{Place, Symbol};

/// The group that they are in.
pub(crate) const GROUP: &str = "custom";

/// What a rule of the project looks for and says.
pub(crate) struct Own {
    /// The number of its query.
    pub(crate) query: u32,
    /// What must hold for a match of a pattern, beside the pattern.
    pub(crate) conditions: Vec<(u32, Condition)>,
    /// With `{name}` where the text of a capture goes.
    pub(crate) message: String,
    pub(crate) reason: Option<String>,
    pub(crate) help: Option<String>,
    pub(crate) layers: Arc<Vec<LayerSpec>>,
}

impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own").field("query", &self.query).field("conditions", &self.conditions).finish()
    }
}

/// A question about one capture.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    capture: Symbol,
    question: Question,
    /// The answer is to be no.
    negated: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Question {
    InSpan,
    Covered,
    /// Of one of these kinds; of any, if there are none.
    EntryPoint(Vec<String>),
    InsideHandler,
    CallsRole(Vec<String>),
    Layer(Vec<String>),
}

/// The words that conditions are made of, each also with `not-` in front.
const QUESTIONS: [&str; 6] = ["in-span", "covered", "entry-point", "inside-handler", "calls-role", "layer"];

/// The words that may stand in a condition behind the capture.
pub(crate) struct Vocabulary<'a> {
    pub(crate) roles: &'a [String],
    pub(crate) layers: &'a [String],
}

impl Condition {
    /// The error is a sentence for whoever wrote the query.
    pub(crate) fn parse(
        word: &str,
        captures: &[Symbol],
        texts: &[String],
        known: &Vocabulary<'_>,
    ) -> Result<Condition, String> {
        let plain = word.strip_prefix("not-").unwrap_or(word);
        let [capture] = captures else {
            return Err(format!("`#{word}?` asks about one capture: (#{word}? @name)"));
        };
        let kinds: Vec<String> = EntryKind::ALL.iter().map(|it| it.as_str().to_owned()).collect();
        let question = match plain {
            "in-span" | "covered" | "inside-handler" if !texts.is_empty() => {
                return Err(format!("`#{word}?` takes a capture and nothing else"));
            }
            "in-span" => Question::InSpan,
            "covered" => Question::Covered,
            "inside-handler" => Question::InsideHandler,
            "entry-point" => Question::EntryPoint(known_words("kind of entry point", texts, &kinds)?),
            "calls-role" | "layer" if texts.is_empty() => {
                return Err(format!("`#{word}?` needs one name or more behind the capture"));
            }
            "calls-role" => Question::CallsRole(known_words("role", texts, known.roles)?),
            "layer" => Question::Layer(known_words("layer", texts, known.layers)?),
            _ => {
                let words: Vec<String> = QUESTIONS.iter().map(|it| format!("`#{it}?`")).collect();
                return Err(format!(
                    "there is no predicate `#{word}?`; otcov knows {}, each also with `not-`",
                    words.join(", ")
                ));
            }
        };
        Ok(Condition { capture: *capture, question, negated: plain != word })
    }

    /// None where it cannot be told.
    fn holds(&self, ctx: &Context<'_>, own: &Own, site: &MatchSite) -> Option<bool> {
        let mut captures = site.captures.iter().filter(|it| it.name == self.capture);
        // All nodes that share the name must answer alike; one that is not there asks nothing.
        captures.try_fold(true, |all, it| Some(all && self.question.answer(ctx, own, it)? != self.negated))
    }
}

fn known_words(what: &str, texts: &[String], known: &[String]) -> Result<Vec<String>, String> {
    match texts.iter().find(|it| !known.contains(it)) {
        Some(it) => Err(format!("there is no {what} `{it}`")),
        None => Ok(texts.to_vec()),
    }
}

impl Question {
    fn answer(&self, ctx: &Context<'_>, own: &Own, it: &CaptureSite) -> Option<bool> {
        match self {
            Question::InSpan => it.in_span,
            Question::Covered => covered(ctx, it),
            Question::InsideHandler => Some(it.in_handler),
            Question::CallsRole(roles) => {
                Some(it.roles.iter().any(|it| roles.iter().any(|role| role == it.as_str())))
            }
            Question::EntryPoint(kinds) => {
                let point = ctx.program.function(ctx.owner(&it.at)).entry_point;
                Some(
                    point.is_some_and(|it| {
                        kinds.is_empty() || kinds.iter().any(|kind| kind == it.kind.as_str())
                    }),
                )
            }
            Question::Layer(names) => {
                let path = &ctx.program.file(it.at.place.file).path;
                let mut layers = own.layers.iter().filter(|it| names.contains(&it.name));
                Some(layers.any(|it| (it.matches)(path)))
            }
        }
    }
}

/// As the table of coverage sees it: a call by its own span, its library's or its callers'; all else by the span around it.
fn covered(ctx: &Context<'_>, it: &CaptureSite) -> Option<bool> {
    let call = ctx.program.calls.iter().find(|call| call.at.place == it.at.place);
    match call {
        Some(call) if call.covered_by.is_some() => Some(true),
        _ => it.in_span,
    }
}

/// The check of every rule of the project's own.
pub(crate) fn check(ctx: &Context<'_>, found: &mut Findings) {
    let Some(own) = &ctx.options.own else { return };
    let mut told: Vec<(Place, String)> = Vec::new();
    for site in ctx.program.matches.iter().filter(|it| it.query == own.query) {
        let conditions = own.conditions.iter().filter(|it| it.0 == site.pattern).map(|it| &it.1);
        let answers: Vec<Option<bool>> = conditions.clone().map(|it| it.holds(ctx, own, site)).collect();
        // What cannot be told is no reason to be silent where a span is missed, and none to speak where one would be found.
        let fits = |(condition, answer): (&Condition, &Option<bool>)| answer.unwrap_or(condition.negated);
        if !conditions.zip(&answers).all(fits) {
            continue;
        }
        let Some(marked) = marked(site) else { continue };
        let place = Place { file: site.file, span: marked.marked };
        let message = own.message_for(site);
        if told.contains(&(place, message.clone())) {
            continue;
        }
        told.push((place, message.clone()));
        let finding = found.add(place, message).function(ctx.owner(&marked.at));
        finding.reason.clone_from(&own.reason);
        finding.help.clone_from(&own.help);
        if answers.contains(&None) {
            finding.certainty(Certainty::Assumed);
        }
    }
}

/// The capture that is called `finding`, or else the widest one.
fn marked(site: &MatchSite) -> Option<&CaptureSite> {
    let named = site.captures.iter().find(|it| it.name.as_str() == "finding");
    let width = |it: &&CaptureSite| it.at.place.span.end - it.at.place.span.start;
    named.or_else(|| site.captures.iter().rev().max_by_key(width))
}

impl Own {
    fn message_for(&self, site: &MatchSite) -> String {
        let mut message = String::new();
        for part in parts(&self.message) {
            match part {
                Part::Text(text) => message.push_str(text),
                Part::Capture(_, name) => {
                    let captured = site.captures.iter().find(|it| it.name.as_str() == name);
                    message.push_str(captured.map_or("", |it| it.text.as_str()));
                }
            }
        }
        message
    }
}

enum Part<'a> {
    Text(&'a str),
    /// Where it stands, and its name.
    Capture(usize, &'a str),
}

/// `{name}` stands for a capture, `{{` and `}}` for braces.
fn parts(message: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut at = 0;
    while let Some(next) = message[at..].find(['{', '}']).map(|it| at + it) {
        parts.push(Part::Text(&message[at..next]));
        let rest = &message[next..];
        match rest[1..].split_once('}') {
            _ if rest.starts_with("{{") || rest.starts_with("}}") => {
                parts.push(Part::Text(&rest[..1]));
                at = next + 2;
            }
            Some((name, _)) if rest.starts_with('{') => {
                parts.push(Part::Capture(next, name));
                at = next + name.len() + 2;
            }
            _ => {
                parts.push(Part::Text(&rest[..1]));
                at = next + 1;
            }
        }
    }
    parts.push(Part::Text(&message[at..]));
    parts
}

/// What a message asks for that no pattern captures, and where.
pub(crate) fn unknown_captures(message: &str, captures: &[Symbol]) -> Vec<(usize, String)> {
    let unknown = |it| match it {
        Part::Capture(at, name) if !captures.iter().any(|it| it.as_str() == name) => {
            Some((at, name.to_owned()))
        }
        _ => None,
    };
    parts(message).into_iter().filter_map(unknown).collect()
}

/// What the configuration says of a rule, for its page.
pub(crate) struct Written<'a> {
    pub(crate) name: &'a str,
    pub(crate) level: Level,
    pub(crate) language: &'a str,
    pub(crate) message: &'a str,
    pub(crate) query: &'a str,
    pub(crate) reason: Option<&'a str>,
    pub(crate) help: Option<&'a str>,
    /// Code, and whether the rule fires there.
    pub(crate) examples: Vec<(&'a str, bool)>,
}

impl Written<'_> {
    pub(crate) fn rule(&self) -> Rule {
        Rule { name: Symbol::new(self.name).as_str(), page: Symbol::new(&self.page()).as_str(), check }
    }

    fn page(&self) -> String {
        let Written { level, language, message, query, .. } = self;
        let summary = message.lines().next().unwrap_or_default().trim();
        let mut page = format!(
            "---\nlevel: {}\ngroup: {GROUP}\nlanguages: {language}\nsince: configuration\nsummary: {summary}\n---\n",
            level.as_str()
        );
        page.push_str(&format!(
            "## What it finds\n\n{message}\n\nA rule of this project, from its configuration: this query and what it asks of its captures.\n\n```query\n{}\n```\n",
            query.trim()
        ));
        let mut section = |title: &str, text: Option<&str>| {
            if let Some(text) = text {
                page.push_str(&format!("\n## {title}\n\n{text}\n"));
            }
        };
        section("Why it matters", self.reason);
        section("Fix", self.help);
        for (code, fires) in &self.examples {
            let title = if *fires { "It fires here" } else { "It is silent here" };
            page.push_str(&format!("\n## {title}\n\n```{language}\n{}\n```\n", code.trim_end()));
        }
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(word: &str, texts: &[&str]) -> Result<Condition, String> {
        let (roles, layers) = (["db".to_owned()], ["web".to_owned()]);
        let texts: Vec<String> = texts.iter().map(|it| (*it).to_owned()).collect();
        let known = Vocabulary { roles: &roles, layers: &layers };
        Condition::parse(word, &[Symbol::new("c")], &texts, &known)
    }

    #[test]
    fn conditions_are_questions_or_their_negation() {
        assert!(!condition("in-span", &[]).unwrap().negated);
        assert!(condition("not-in-span", &[]).unwrap().negated);
        assert_eq!(condition("layer", &["web"]).unwrap().question, Question::Layer(vec!["web".to_owned()]));
    }

    #[test]
    fn a_condition_that_cannot_be_asked_says_why() {
        assert_eq!(condition("layer", &["wep"]).unwrap_err(), "there is no layer `wep`");
        assert_eq!(
            condition("calls-role", &[]).unwrap_err(),
            "`#calls-role?` needs one name or more behind the capture"
        );
        assert_eq!(condition("in-span", &["x"]).unwrap_err(), "`#in-span?` takes a capture and nothing else");
        assert!(condition("inspan", &[]).unwrap_err().starts_with("there is no predicate `#inspan?`"));
    }

    #[test]
    fn messages_hold_captures_and_braces() {
        let unknown = unknown_captures("`{name}` is {{not}} {that} } {open", &[Symbol::new("name")]);
        assert_eq!(unknown, [(20, "that".to_owned())]);
    }

    #[test]
    fn the_page_is_that_of_any_rule() {
        let written = Written {
            name: "no-shell",
            level: Level::Error,
            language: "python",
            message: "`{call}` starts a shell",
            query: "(call) @call",
            reason: Some("Nobody sees it."),
            help: None,
            examples: vec![("run()\n", true)],
        };
        let rule = written.rule();
        let metadata = rule.metadata().unwrap();
        assert_eq!((metadata.level, metadata.group.as_str()), (Level::Error, GROUP));
        assert_eq!(metadata.summary, "`{call}` starts a shell");
        assert!(rule.body().contains("## It fires here\n\n```python\nrun()\n```"));
    }
}
