//! Whether a key can be renamed where it is written: by every place that writes the same text, and by what else may read it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::{Change, Edit, Fix, Safety};
use crate::facts::Value;
use crate::program::{AttributeSite, Certainty, Program};
use crate::text::{FileId, Place, Symbol};

/// A key that a rule wants to be called otherwise in one place.
#[derive(Clone, Copy)]
pub(crate) struct Wish<'a> {
    pub(crate) site: &'a AttributeSite,
    pub(crate) old: Symbol,
    pub(crate) new: Symbol,
    /// The value means the same under the new name.
    pub(crate) same_value: bool,
}

/// The wishes of a rule, as far as all of them together can be granted.
pub(crate) struct Renames<'a> {
    program: &'a Program,
    granted: BTreeMap<Place, Wish<'a>>,
    /// By the old name, in languages where a key is declared in one place and given its value in another.
    together: BTreeMap<Symbol, Vec<Place>>,
    /// Old names that stand elsewhere too, where something may look for them.
    read: HashSet<Symbol>,
    /// Constants that are used for more than keys.
    shared: HashSet<Symbol>,
}

impl<'a> Renames<'a> {
    pub(crate) fn new(program: &'a Program, wishes: &[Wish<'a>]) -> Renames<'a> {
        let empty = (BTreeMap::new(), HashSet::new(), HashSet::new());
        let mut renames =
            Renames { program, granted: BTreeMap::new(), together: empty.0, read: empty.1, shared: empty.2 };
        if wishes.is_empty() {
            return renames;
        }
        renames.granted = granted(program, wishes);
        renames.together = renames.all_or_nothing(wishes);
        renames.look_around();
        renames
    }

    /// How to rename the key of a place; none where that would be wrong somewhere else.
    pub(crate) fn fix(&self, site: &AttributeSite) -> Option<Fix> {
        let spelled = site.spelled?;
        let wish = self.granted.get(&spelled.place)?;
        let together = self.together.get(&wish.old);
        let places = match together {
            Some(places) if is_lexical(self.program, spelled.place.file) => places.clone(),
            _ => vec![spelled.place],
        };
        let edits = places.into_iter().map(|place| Edit {
            place,
            change: Change::Name { old: wish.old, new: wish.new.as_str().to_owned() },
        });
        let alone = spelled.constant.is_none_or(|it| !self.shared.contains(&it));
        let sure = site.certainty == Certainty::Certain;
        Some(Fix {
            safety: Safety::safe_if(wish.same_value && alone && sure && !self.read.contains(&wish.old)),
            title: format!("rename `{}` to `{}`", wish.old, wish.new),
            edits: edits.collect(),
        })
    }

    /// A field that is declared with a span is given its value by name later: both are renamed or neither.
    fn all_or_nothing(&mut self, wishes: &[Wish<'a>]) -> BTreeMap<Symbol, Vec<Place>> {
        let mut together: BTreeMap<Symbol, Vec<Place>> = BTreeMap::new();
        let names: BTreeSet<Symbol> = wishes.iter().map(|it| it.old).collect();
        for name in names {
            let here = |it: &&AttributeSite| {
                it.key.text == Some(name)
                    && is_lexical(self.program, it.at.place.file)
                    && self.program.is_own(&it.at)
                    && it.is_named_by_convention()
            };
            let sites: Vec<_> = self.program.attributes.iter().filter(here).collect();
            let places: Option<BTreeSet<Place>> = sites
                .iter()
                .map(|it| it.spelled.map(|it| it.place).filter(|it| self.granted.contains_key(it)))
                .collect();
            let news = |it: &BTreeSet<Place>| {
                it.iter().filter_map(|it| Some(self.granted.get(it)?.new)).collect::<BTreeSet<_>>().len()
            };
            match places.filter(|it| news(it) == 1) {
                Some(places) => drop(together.insert(name, places.into_iter().collect())),
                None => {
                    self.granted.retain(|place, it| it.old != name || !is_lexical(self.program, place.file))
                }
            }
        }
        together
    }

    /// Finds what else in the program says the old names, or uses the constants that hold them.
    fn look_around(&mut self) {
        let names: HashSet<Symbol> = self.granted.values().map(|it| it.old).collect();
        let sites = self.program.attributes.iter();
        let spelled: Vec<_> = sites.filter_map(|it| Some((it.at.place, it.spelled?))).collect();
        let constants: HashSet<Symbol> = spelled
            .iter()
            .filter(|(_, it)| self.granted.contains_key(&it.place))
            .filter_map(|(_, it)| it.constant)
            .collect();
        let written: HashSet<Place> = spelled.iter().flat_map(|(place, it)| [*place, it.place]).collect();
        for (index, file) in self.program.files.iter().enumerate() {
            let id = FileId(index as u32);
            for (value, span) in file.facts.values.iter().zip(&file.facts.value_spans) {
                let (name, list, others) = match value {
                    Value::Text(name) => (name, &names, &mut self.read),
                    Value::Name(name) | Value::Head(name) | Value::Member { name, .. } => {
                        (name, &constants, &mut self.shared)
                    }
                    _ => continue,
                };
                // `Key.METHOD` is a part of `Key.METHOD.value`, which is the key.
                let is_key = || written.iter().any(|it| it.file == id && it.span.contains(*span));
                if list.contains(name) && !others.contains(name) && !is_key() {
                    others.insert(*name);
                }
            }
            let renamed =
                file.facts.imports.iter().filter(|(bound, it)| it.name.is_some_and(|it| it != *bound));
            self.shared.extend(renamed.filter_map(|(_, it)| it.name).filter(|it| constants.contains(it)));
        }
    }
}

/// By the place of the text, the wishes about all who use it, where they agree.
fn granted<'a>(program: &'a Program, wishes: &[Wish<'a>]) -> BTreeMap<Place, Wish<'a>> {
    let wished: HashMap<*const AttributeSite, &Wish<'a>> =
        wishes.iter().map(|it| (std::ptr::from_ref(it.site), it)).collect();
    let mut granted: BTreeMap<Place, Option<Wish<'a>>> = BTreeMap::new();
    for site in &program.attributes {
        let Some(place) = site.spelled.map(|it| it.place) else { continue };
        let wish = wished.get(&std::ptr::from_ref(site)).map(|it| **it);
        granted
            .entry(place)
            .and_modify(|it| *it = it.zip(wish).and_then(|(a, b)| merged(a, b)))
            .or_insert(wish);
    }
    let mut granted: BTreeMap<Place, Wish<'a>> =
        granted.into_iter().filter_map(|(place, it)| Some((place, it?))).collect();
    let clashing = clashing(program, &granted);
    granted.retain(|place, _| !clashing.contains(place));
    granted
}

fn merged<'a>(a: Wish<'a>, b: Wish<'a>) -> Option<Wish<'a>> {
    let same = a.old == b.old && a.new == b.new;
    same.then_some(Wish { same_value: a.same_value && b.same_value, ..a })
}

/// Places after whose renaming one key would be written twice: two old names become one, or the new one is there already.
fn clashing(program: &Program, granted: &BTreeMap<Place, Wish<'_>>) -> BTreeSet<Place> {
    let mut names: HashMap<_, BTreeSet<(Symbol, Place)>> = HashMap::new();
    for site in &program.attributes {
        let (Some(key), Some(place)) = (site.key.text, site.spelled.map(|it| it.place)) else { continue };
        let key = granted.get(&place).map_or(key, |it| it.new);
        let owner = program.enclosing_named(site.at.function).unwrap_or(site.at.function);
        let old = site.key.text.unwrap_or(key);
        names.entry((owner, site.target.as_str(), key)).or_default().insert((old, place));
    }
    let several =
        |it: &BTreeSet<(Symbol, Place)>| it.iter().map(|it| it.0).collect::<BTreeSet<_>>().len() > 1;
    names
        .into_values()
        .filter(several)
        .flatten()
        .map(|it| it.1)
        .filter(|it| granted.contains_key(it))
        .collect()
}

fn is_lexical(program: &Program, file: FileId) -> bool {
    program.file(file).facts.lexical
}
