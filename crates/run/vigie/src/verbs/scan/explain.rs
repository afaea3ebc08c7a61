//! `--explain ID`: why a finding is there, or why it is not, in the place of the list of all.

use crate::args::{ScanFormat, ShownArgs};
use crate::{Ended, out};
use serde_json::Value;
use vigie_kit::problem::{Kind, Problem};
use vigie_model::lang::Lang;
use vigie_model::{say, text};
use vigie_server::explain::{Explanation, Known, explain};

/// Answers, and nothing else.
pub(super) fn tell(asked: &str, known: &Known<'_>, args: &ShownArgs) -> Result<Ended, Problem> {
    let explanation = explain(asked, known);
    match args.format {
        ScanFormat::Json => out::json(&explanation)?,
        ScanFormat::Table => tell_person(&explanation, known.lang)?,
        _ => return Err(other_form()),
    }
    let severities =
        || known.findings.iter().filter(|found| explanation.findings.iter().any(|it| it.id == found.identity.id().to_string()));
    let reached = args.fail_on.is_some_and(|bar| severities().any(|found| found.severity >= bar));
    Ok(if reached { Ended::Findings } else { Ended::Clean })
}

fn tell_person(explanation: &Explanation, lang: Lang) -> Result<(), Problem> {
    let asset = out::visible(&explanation.asset);
    for (number, answer) in explanation.findings.iter().enumerate() {
        if number > 0 {
            out::line("")?;
        }
        let (title, id) = (out::visible(&answer.title), answer.id.get(..12).unwrap_or(&answer.id));
        out::line(
            &say!(lang, en "{title}, on {asset} (finding {id})", fr "{title}, sur {asset} (constat {id})", de "{title}, auf {asset} (Befund {id})"),
        )?;
        let sections = serde_json::to_value(&answer.sections).unwrap_or_default();
        tell_sections(&sections)?;
    }
    match &explanation.absent {
        Some(absent) => tell_sections(&serde_json::to_value(&absent.sections).unwrap_or_default()),
        None => Ok(()),
    }
}

/// Writes sections, as they come over the API, too.
pub(crate) fn tell_sections(sections: &Value) -> Result<(), Problem> {
    for section in sections.as_array().into_iter().flatten() {
        out::line(&format!("\n{}", out::visible(section["heading"].as_str().unwrap_or_default())))?;
        for line in section["lines"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            // Pages of the catalogue have paragraphs.
            for line in line.lines() {
                out::line(&format!("  {}", out::visible(line)))?;
            }
        }
    }
    Ok(())
}

fn other_form() -> Problem {
    Problem::new(
        Kind::User,
        text!(
            en "An explanation has only two forms: a text and JSON",
            fr "Une explication n’a que deux formes : un texte et du JSON",
            de "Eine Erklärung hat nur zwei Formen: Text und JSON",
        ),
    )
    .hint(text!(
        en "leave --format out, or say --format json",
        fr "omettez --format, ou indiquez --format json",
        de "lassen Sie --format weg, oder geben Sie --format json an",
    ))
}
