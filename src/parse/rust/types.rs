//! Types and paths into values: what is written, with generic parameters replaced by the traits that they must have.

use syn::{GenericArgument, Path, PathArguments, QSelf, ReturnType, Type, TypeParamBound};

use super::items::trait_of;
use super::{DEEPEST, Reader, SelfType};
use crate::facts::{Value, ValueId};
use crate::text::Symbol;

impl<'a> Reader<'a> {
    pub(super) fn type_(&mut self, ty: &Type) -> ValueId {
        if self.depth >= DEEPEST {
            return ValueId::OPAQUE;
        }
        self.depth += 1;
        let value = self.type_of(ty);
        self.depth -= 1;
        value
    }

    fn type_of(&mut self, ty: &Type) -> ValueId {
        match ty {
            Type::Path(it) => match &it.qself {
                Some(_) => ValueId::OPAQUE,
                None => self.generic_path(&it.path),
            },
            Type::Reference(it) => self.type_(&it.elem),
            Type::Paren(it) => self.type_(&it.elem),
            Type::Group(it) => self.type_(&it.elem),
            Type::Ptr(it) => self.type_(&it.elem),
            Type::TraitObject(it) => self.bounds(it.bounds.iter()),
            Type::ImplTrait(it) => self.bounds(it.bounds.iter()),
            Type::Tuple(it) if it.elems.is_empty() => ValueId::OPAQUE,
            Type::Tuple(it) => {
                let parts: Vec<ValueId> = it.elems.iter().map(|it| self.type_(it)).collect();
                let run = self.builder.list(&parts);
                let at = self.places.span(it.paren_token.span.open());
                self.builder.value(Value::Sequence(run), at)
            }
            Type::Slice(it) => self.many(&it.elem),
            Type::Array(it) => self.many(&it.elem),
            _ => ValueId::OPAQUE,
        }
    }

    fn many(&mut self, element: &Type) -> ValueId {
        let element = self.type_(element);
        let at = self.builder.facts.value_span(element);
        self.builder.value(Value::Many(element), at)
    }

    fn bounds<'b>(&mut self, bounds: impl Iterator<Item = &'b TypeParamBound>) -> ValueId {
        let mut bounds = bounds.filter_map(trait_of);
        bounds.next().map_or(ValueId::OPAQUE, |it| self.generic_path(it))
    }

    pub(super) fn bound(&mut self, bound: &TypeParamBound) -> Option<ValueId> {
        trait_of(bound).map(|it| self.path_value(it))
    }

    /// A type and the types that it is made of; `impl Future<Output = T>` is made of `T`, as is `impl Fn() -> T`. What a function
    /// takes stands before what it gives: `Fn(A) -> T` is made of `A` and `T`.
    fn generic_path(&mut self, path: &Path) -> ValueId {
        if let Some(bound) = self.generic_parameter(path) {
            return bound;
        }
        let of = self.path_value(path);
        let Some(last) = path.segments.last() else { return of };
        let arguments: Vec<ValueId> = match &last.arguments {
            PathArguments::None => return of,
            PathArguments::AngleBracketed(it) => it
                .args
                .iter()
                .filter_map(|it| match it {
                    GenericArgument::Type(ty) => Some(self.type_(ty)),
                    GenericArgument::AssocType(it) => Some(self.type_(&it.ty)),
                    _ => None,
                })
                .collect(),
            PathArguments::Parenthesized(it) => {
                let mut parts: Vec<ValueId> = it.inputs.iter().map(|it| self.type_(it)).collect();
                match &it.output {
                    ReturnType::Type(_, ty) => parts.push(self.type_(ty)),
                    ReturnType::Default if parts.is_empty() => return of,
                    ReturnType::Default => parts.push(ValueId::OPAQUE),
                }
                parts
            }
        };
        let key = match arguments.as_slice() {
            [] => return of,
            [one] => *one,
            several => {
                let run = self.builder.list(several);
                let at = self.builder.facts.value_span(of);
                self.builder.value(Value::Sequence(run), at)
            }
        };
        let at = self.builder.facts.value_span(of);
        self.builder.value(Value::Item { of, key }, at)
    }

    /// `T` is whatever has the trait that `T` must have.
    fn generic_parameter(&mut self, path: &Path) -> Option<ValueId> {
        let name = path.get_ident()?;
        let mut at = self.around.generics.clone();
        while let Some(generic) = at {
            if generic.name == name {
                // A bound can name the parameter itself: `T: From<T>`.
                let outer = std::mem::replace(&mut self.around.generics, generic.outer.clone());
                let value = generic.bound.map_or(ValueId::OPAQUE, |it| self.generic_path(it));
                self.around.generics = outer;
                return Some(value);
            }
            at = generic.outer.clone();
        }
        None
    }

    /// A path as a value, whatever types it is made of.
    pub(super) fn path_value(&mut self, path: &Path) -> ValueId {
        let several = path.segments.len() > 1;
        self.segments(path, several)
    }

    /// The first name of a path. `::name::..` is a crate, whatever has the name here.
    pub(super) fn first_of(&mut self, path: &Path, first: &syn::Ident) -> Symbol {
        let name = self.symbol(first);
        match path.leading_colon {
            Some(_) if path.segments.len() > 1 => Symbol::new(&format!("::{name}")),
            _ => name,
        }
    }

    /// `<T as Trait>::name` is a member of the trait, `<T>::name` one of the type.
    pub(super) fn qualified(&mut self, qself: &QSelf, path: &Path) -> ValueId {
        if qself.position > 0 {
            return self.segments(path, true);
        }
        let mut value = self.type_(&qself.ty);
        for segment in &path.segments {
            let name = self.symbol(&segment.ident);
            let at = self.at(&segment.ident);
            value = self.builder.value(Value::Member { of: value, name }, at);
        }
        value
    }

    fn segments(&mut self, path: &Path, several: bool) -> ValueId {
        let mut value = ValueId::OPAQUE;
        let mut start = 0;
        for (index, segment) in path.segments.iter().enumerate() {
            let mut at = self.at(&segment.ident);
            if index == 0 {
                // What `Self` stands for is written elsewhere: the path begins here.
                start = at.start;
                value = if segment.ident == "Self" {
                    self.self_type()
                } else {
                    let name = self.first_of(path, &segment.ident);
                    // Where there is only one name it can be a variable or a constant; a type cannot be confused with one.
                    let text = name.as_str();
                    let is_type = text.starts_with(char::is_uppercase) && text.contains(char::is_lowercase);
                    let is_head = several || is_type;
                    self.builder.value(if is_head { Value::Head(name) } else { Value::Name(name) }, at)
                };
            } else {
                let name = self.symbol(&segment.ident);
                at.start = start.min(at.start);
                value = self.builder.value(Value::Member { of: value, name }, at);
            }
        }
        value
    }

    fn self_type(&mut self) -> ValueId {
        match self.around.self_type {
            Some(SelfType::Type(ty)) => {
                let outer = self.around.self_type.take();
                let value = match ty {
                    Type::Path(it) if it.qself.is_none() => self.path_value(&it.path),
                    _ => self.type_(ty),
                };
                self.around.self_type = outer;
                value
            }
            Some(SelfType::Named(ident)) => {
                let name = self.symbol(ident);
                let at = self.at(ident);
                self.builder.value(Value::Head(name), at)
            }
            None => ValueId::OPAQUE,
        }
    }
}
