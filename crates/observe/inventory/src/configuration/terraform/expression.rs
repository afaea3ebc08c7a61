//! The value of an expression, as far as it can be told without applying it.
//!
//! A list or an object is evaluated part by part: what is unknown inside leaves the rest known. A text with an
//! unknown part is unknown as a whole, unless it is JSON with holes, as policies in heredocs are: then only the
//! texts with holes are unknown. The depth of what is evaluated is that of the parser, which stops at 64.

use super::functions::{call, scalar};
use super::{VALUES_MAX, below, unknown_expression};
use hcl_edit::Span;
use hcl_edit::expr::{BinaryOperator, Expression, Object, ObjectKey, Traversal, TraversalOperator, UnaryOperator};
use hcl_edit::template::{Element, Template};
use serde_json::{Map, Number, Value};
use std::collections::BTreeMap;
use std::ops::Range;
use vigie_model::configuration::{Look, seen, unknown};

/// Who knows what names stand for.
pub(super) trait Names {
    /// The value of `var.NAME`, `local.NAME`, or of an iterator of a dynamic block (`ingress.value`).
    fn value(&self, root: &str, name: &str) -> Option<&Value>;
    /// Whether so much more may be copied.
    fn may_copy(&self, values: usize) -> bool;
}

/// Knows no name: each file is read by itself.
pub(super) struct Nobody;

impl Names for Nobody {
    fn value(&self, _: &str, _: &str) -> Option<&Value> {
        None
    }

    fn may_copy(&self, _: usize) -> bool {
        true
    }
}

/// Evaluates the expressions of one text.
pub(super) struct Evaluator<'a> {
    text: &'a str,
    /// Where lines begin, in bytes.
    starts: Vec<usize>,
    names: &'a dyn Names,
    /// Lines of values by JSON pointer.
    pub(super) lines: BTreeMap<String, u32>,
    values: usize,
}

impl<'a> Evaluator<'a> {
    pub(super) fn new(text: &'a str, names: &'a dyn Names) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts, names, lines: BTreeMap::new(), values: 0 }
    }

    /// Whether there were too many values.
    pub(super) const fn is_spent(&self) -> bool {
        self.values > VALUES_MAX
    }

    /// The line of a place in the text, counted from 1.
    pub(super) fn line(&self, span: Option<Range<usize>>) -> u32 {
        let at = span.map_or(0, |span| span.start);
        u32::try_from(self.starts.partition_point(|start| *start <= at)).unwrap_or(u32::MAX).max(1)
    }

    /// Notes the line of a value.
    pub(super) fn mark(&mut self, pointer: &str, span: Option<Range<usize>>) {
        if span.is_some() && self.values <= VALUES_MAX {
            let line = self.line(span);
            self.lines.insert(pointer.to_owned(), line);
        }
    }

    /// As it is written.
    fn written(&self, expression: &Expression) -> Value {
        let written = expression.span().and_then(|span| self.text.get(span));
        written.map_or_else(|| unknown_expression(&expression.to_string()), unknown_expression)
    }

    /// The value that will stand at `pointer`.
    pub(super) fn value(&mut self, expression: &Expression, pointer: &str) -> Value {
        self.values += 1;
        if self.is_spent() {
            return self.written(expression);
        }
        self.known(expression, pointer).unwrap_or_else(|| self.written(expression))
    }

    fn known(&mut self, expression: &Expression, pointer: &str) -> Option<Value> {
        Some(match expression {
            Expression::Null(_) => Value::Null,
            Expression::Bool(value) => Value::Bool(*value.value()),
            Expression::Number(value) => Value::Number(number(value.value())?),
            Expression::String(value) => Value::String(value.value().clone()),
            Expression::Array(items) => {
                let mut list = Vec::new();
                for (place, item) in items.iter().enumerate() {
                    let here = format!("{pointer}/{place}");
                    self.mark(&here, item.span());
                    list.push(self.value(item, &here));
                }
                Value::Array(list)
            }
            Expression::Object(object) => self.object(object, pointer)?,
            Expression::StringTemplate(template) => self.template(template, pointer)?,
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template, pointer)?,
            Expression::Parenthesis(inner) => self.value(inner.inner(), pointer),
            Expression::Conditional(choice) => {
                let taken = match self.whole(&choice.cond_expr)? {
                    Value::Bool(true) => &choice.true_expr,
                    Value::Bool(false) => &choice.false_expr,
                    _ => return None,
                };
                self.value(taken, pointer)
            }
            Expression::FuncCall(function) => {
                if function.name.is_namespaced() || function.args.expand_final() {
                    return None;
                }
                let arguments: Vec<Value> = function.args.iter().map(|argument| self.value(argument, pointer)).collect();
                call(function.name.name.as_str(), arguments)?
            }
            Expression::Traversal(traversal) => self.traversal(traversal)?,
            Expression::UnaryOp(operation) => match (*operation.operator.value(), self.whole(&operation.expr)?) {
                (UnaryOperator::Not, Value::Bool(value)) => Value::Bool(!value),
                (UnaryOperator::Neg, Value::Number(value)) => negative(&value)?,
                _ => return None,
            },
            Expression::BinaryOp(operation) => {
                let (left, right) = (self.whole(&operation.lhs_expr), self.whole(&operation.rhs_expr));
                binary(*operation.operator.value(), left, right)?
            }
            Expression::Variable(_) | Expression::ForExpr(_) => return None,
        })
    }

    /// A value without anything unknown inside.
    fn whole(&mut self, expression: &Expression) -> Option<Value> {
        let value = self.value(expression, "");
        is_whole(&value).then_some(value)
    }

    fn object(&mut self, object: &Object, pointer: &str) -> Option<Value> {
        let mut members = Map::new();
        for (key, value) in object {
            let key = match key {
                ObjectKey::Ident(name) => name.as_str().to_owned(),
                ObjectKey::Expression(expression) => scalar(&self.whole(expression)?)?,
            };
            let here = below(pointer, &key);
            self.mark(&here, value.expr().span());
            let value = self.value(value.expr(), &here);
            members.insert(key, value);
        }
        Some(Value::Object(members))
    }

    fn traversal(&mut self, traversal: &Traversal) -> Option<Value> {
        let Expression::Variable(root) = &traversal.expr else {
            let start = self.whole(&traversal.expr)?;
            let steps = self.steps(&traversal.operators)?;
            return walk(&start, &steps).cloned();
        };
        let (first, rest) = traversal.operators.split_first()?;
        let TraversalOperator::GetAttr(name) = first.value() else { return None };
        let steps = self.steps(rest)?;
        let found = walk(self.names.value(root.as_str(), name.as_str())?, &steps)?;
        // Only what is known whole is copied: a local that names itself never is, so nothing grows without end.
        (is_whole(found) && self.names.may_copy(count(found))).then(|| found.clone())
    }

    fn steps(&mut self, steps: &[hcl_edit::Decorated<TraversalOperator>]) -> Option<Vec<Value>> {
        let step = |step: &hcl_edit::Decorated<TraversalOperator>| match step.value() {
            TraversalOperator::GetAttr(name) => Some(Value::String(name.as_str().to_owned())),
            TraversalOperator::Index(expression) => self.whole(expression),
            TraversalOperator::LegacyIndex(place) => Some(Value::from(*place.value())),
            TraversalOperator::AttrSplat(_) | TraversalOperator::FullSplat(_) => None,
        };
        steps.iter().map(step).collect()
    }

    fn template(&mut self, template: &Template, pointer: &str) -> Option<Value> {
        if let Some(Element::Interpolation(only)) = template.as_single_element() {
            return Some(self.value(&only.expr, pointer));
        }
        let mut text = Holed::default();
        for element in template {
            match element {
                Element::Literal(literal) => text.literal(literal.value()),
                Element::Interpolation(part) => match self.whole(&part.expr).as_ref().and_then(scalar) {
                    Some(part) => text.literal(&part),
                    None => text.hole(),
                },
                Element::Directive(_) => return None,
            }
        }
        text.value()
    }
}

/// What stands further down; a member that is not there may be an optional one, so it is unknown.
fn walk<'v>(start: &'v Value, steps: &[Value]) -> Option<&'v Value> {
    steps.iter().try_fold(start, |value, step| match (value, step) {
        (Value::Object(members), Value::String(name)) => members.get(name),
        (Value::Array(items), Value::Number(place)) => items.get(usize::try_from(place.as_u64()?).ok()?),
        _ => None,
    })
}

fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// A text of which parts may be missing.
#[derive(Default)]
struct Holed {
    text: String,
    holes: usize,
    quoted: bool,
}

/// Stands for a missing part; of a private plane, so that nobody writes it.
const HOLE: char = '\u{f0001}';

impl Holed {
    fn literal(&mut self, text: &str) {
        let mut escaped = false;
        for letter in text.chars() {
            match letter {
                '"' if !escaped => self.quoted = !self.quoted,
                _ => {}
            }
            escaped = letter == '\\' && !escaped;
        }
        self.text.push_str(text);
    }

    fn hole(&mut self) {
        self.holes += 1;
        let quote = if self.quoted { "" } else { "\"" };
        self.text.push_str(&format!("{quote}{HOLE}{quote}"));
    }

    /// The text, or with holes the JSON that it is.
    fn value(self) -> Option<Value> {
        if self.holes == 0 {
            return Some(Value::String(self.text));
        }
        let mut json: Value = serde_json::from_str(self.text.trim()).ok()?;
        if !json.is_object() && !json.is_array() {
            return None;
        }
        open(&mut json).then_some(json)
    }
}

/// Makes texts with holes unknown; false where a name has one.
fn open(value: &mut Value) -> bool {
    match value {
        Value::String(text) if text.contains(HOLE) => {
            *value = unknown(&text.replace(HOLE, "${…}"));
            true
        }
        Value::Array(items) => items.iter_mut().all(open),
        Value::Object(members) => members.iter_mut().all(|(name, member)| !name.contains(HOLE) && open(member)),
        _ => true,
    }
}

/// Whether nothing inside is unknown.
pub(super) fn is_whole(value: &Value) -> bool {
    !matches!(seen(value), Look::Unknown(_))
        && match value {
            Value::Array(items) => items.iter().all(is_whole),
            Value::Object(members) => members.values().all(is_whole),
            _ => true,
        }
}

fn number(value: &hcl_edit::Number) -> Option<Number> {
    let whole = value.as_i64().map(Number::from).or_else(|| value.as_u64().map(Number::from));
    whole.or_else(|| Number::from_f64(value.as_f64()?))
}

fn negative(value: &Number) -> Option<Value> {
    value.as_i64().and_then(i64::checked_neg).map(Value::from).or_else(|| Some(Value::from(-value.as_f64()?)))
}

/// Comparisons and logic; `false && x` and `true || x` need no `x`.
fn binary(operator: BinaryOperator, left: Option<Value>, right: Option<Value>) -> Option<Value> {
    let known = match operator {
        BinaryOperator::And => Some(false),
        BinaryOperator::Or => Some(true),
        _ => None,
    };
    let decides = |side: &Option<Value>| known.is_some() && side.as_ref().and_then(Value::as_bool) == known;
    if decides(&left) || decides(&right) {
        return known.map(Value::Bool);
    }
    let (left, right) = (left?, right?);
    let order = || left.as_f64()?.partial_cmp(&right.as_f64()?);
    Some(Value::Bool(match operator {
        BinaryOperator::Eq => left == right,
        BinaryOperator::NotEq => left != right,
        BinaryOperator::And => left.as_bool()? && right.as_bool()?,
        BinaryOperator::Or => left.as_bool()? || right.as_bool()?,
        BinaryOperator::Less => order()?.is_lt(),
        BinaryOperator::LessEq => order()?.is_le(),
        BinaryOperator::Greater => order()?.is_gt(),
        BinaryOperator::GreaterEq => order()?.is_ge(),
        _ => return None,
    }))
}

/// The strings of a `.tf.json` are templates: known ones become their value, the others unknown.
pub(super) fn templates(value: &mut Value, depth: usize) {
    match value {
        Value::String(text) if text.contains("${") || text.contains("%{") => *value = of_template(text),
        Value::Array(items) if depth < 64 => items.iter_mut().for_each(|item| templates(item, depth + 1)),
        Value::Object(members) if depth < 64 => members.values_mut().for_each(|member| templates(member, depth + 1)),
        _ => {}
    }
}

fn of_template(text: &str) -> Value {
    // As an expression of the native syntax, which `link` can evaluate later.
    let quoted = format!("\"{}\"", text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r"));
    let inner = text.strip_prefix("${").and_then(|text| text.strip_suffix('}')).filter(|text| !text.contains("${"));
    let written = inner.map_or(quoted, str::to_owned);
    evaluated(&written, &Nobody).unwrap_or_else(|| unknown_expression(&written))
}

/// The value of an expression by itself; none where it cannot be parsed.
pub(super) fn evaluated(text: &str, names: &dyn Names) -> Option<Value> {
    let expression = hcl_edit::parser::parse_expr(text).ok()?;
    Some(Evaluator::new(text, names).value(&expression, ""))
}
