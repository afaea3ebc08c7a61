//! `vigie scan k8s --pss`: pods against the Pod Security Standards. 0: all conform; 1: one violates them; 2: that
//! cannot be told.

use super::k8s::Objects;
use crate::args::{ScanFormat, ShownArgs};
use crate::{Ended, out, table};
use serde_json::{Value, json};
use vigie_checks::pss::{self, Policy, Report, Violation};
use vigie_kit::problem::{Kind, Problem};
use vigie_model::configuration::Piece;
use vigie_model::finding::{FindingKind, Identity, Locator};
use vigie_model::lang::Lang;
use vigie_model::occurrence::Occurrence;
use vigie_model::priority::Circumstances;
use vigie_model::severity::Severity;
use vigie_model::verdict::Evidence;
use vigie_model::{say, text};

/// One object with pods, and what is to say of it.
type Judged<'a> = (&'a Piece, Report);

/// Judges all pods and tells.
pub(super) fn tell(objects: &Objects, policy: Policy, args: &ShownArgs, lang: Lang) -> Result<Ended, Problem> {
    let judged: Vec<Judged<'_>> = objects.pieces.iter().filter_map(|piece| Some((piece, pss::judge(piece, policy)?))).collect();
    let violations = judged.iter().map(|(_, report)| report.violations.len()).sum::<usize>();
    let unclear = judged.iter().map(|(_, report)| report.unclear.len()).sum::<usize>() + objects.gaps.len();
    match args.format {
        ScanFormat::Table => tell_people(objects, &judged, policy, lang)?,
        ScanFormat::Json => out::json(&view(objects, &judged, policy, violations + unclear == 0, lang))?,
        _ => {
            let found =
                judged.iter().flat_map(|(piece, report)| report.violations.iter().map(|it| occurrence(objects, piece, it)));
            objects.answer(found.collect(), args, &[], &[], lang)?;
        }
    }
    match (violations, unclear) {
        (0, 0) => Ok(Ended::Clean),
        (0, _) => Err(cannot_tell(unclear)),
        _ => Ok(Ended::Findings),
    }
}

fn tell_people(objects: &Objects, judged: &[Judged<'_>], policy: Policy, lang: Lang) -> Result<(), Problem> {
    let row = |piece: &Piece, it: &Violation| {
        let object = format!("{}/{}", piece.kind, piece.name);
        let place = format!("{}:{}", piece.path, it.line);
        [it.control.to_owned(), object, it.container.clone(), it.field.clone(), it.found.clone(), place]
    };
    let rows: Vec<_> = judged.iter().flat_map(|(piece, report)| report.violations.iter().map(|it| row(piece, it))).collect();
    if !rows.is_empty() {
        table::write(["control", "object", "container", "field", "found", "place"], rows)?;
    }
    let pods = judged.len();
    let bad = judged.iter().filter(|(_, report)| !report.violations.is_empty()).count();
    out::say(&say!(lang,
        en "{policy}: {bad} of {pods} workloads violate it",
        fr "{policy} : {bad} charges de travail sur {pods} l’enfreignent",
        de "{policy}: {bad} von {pods} Workloads verletzen ihn"));
    for (piece, report) in judged {
        for it in &report.unclear {
            out::say(&format!(
                "  {}:{} {}: {}",
                out::visible(&piece.path),
                it.line,
                out::visible(&it.field),
                out::visible(it.reason.get(lang))
            ));
        }
    }
    for gap in &objects.gaps {
        out::say(&format!("  {}: {}", out::visible(gap.said().get(lang)), out::visible(&gap.detail)));
    }
    Ok(())
}

/// JSON form, `vigie.pss/1`.
fn view(objects: &Objects, judged: &[Judged<'_>], policy: Policy, conforms: bool, lang: Lang) -> Value {
    let object = |piece: &Piece| json!({ "kind": piece.kind, "name": piece.name, "path": piece.path, "line": piece.line });
    let violations = judged.iter().flat_map(|(piece, report)| {
        report.violations.iter().map(move |it| {
            json!({
                "object": object(piece),
                "control": it.control,
                "level": it.level.word(),
                "container": it.container,
                "field": it.field,
                "line": it.line,
                "found": it.found,
                "allowed": it.allowed,
            })
        })
    });
    let unclear = judged.iter().flat_map(|(piece, report)| {
        let told = |it: &pss::Unclear| json!({ "object": object(piece), "field": it.field, "line": it.line, "reason": it.reason.get(lang) });
        report.unclear.iter().map(told)
    });
    json!({
        "schema": "vigie.pss/1",
        "asset": objects.asset,
        "level": policy.level.word(),
        "version": policy.version.to_string(),
        "conforms": conforms,
        "workloads": judged.len(),
        "violations": violations.collect::<Vec<Value>>(),
        "unclear": unclear.collect::<Vec<Value>>(),
        "unseen": objects.gaps,
    })
}

/// A violation for formats that know findings only.
fn occurrence(objects: &Objects, piece: &Piece, violation: &Violation) -> Occurrence {
    let Violation { control, level, locator, line, found, allowed, .. } = violation;
    let locator = format!("{}{locator}", piece.id());
    let subject = format!("PSS-{control}");
    let evidence = Evidence {
        locator: locator.clone(),
        place: format!("{}:{line}", piece.path),
        found: found.clone(),
        expected: allowed.clone(),
    };
    Occurrence {
        title: format!("{control} ({}): {locator}", level.word()),
        identity: Identity {
            kind: FindingKind::PolicyViolation,
            subject,
            asset: objects.asset.id,
            locator: Locator::Key(locator),
        },
        severity: if *level == pss::Level::Baseline { Severity::High } else { Severity::Medium },
        circumstances: Circumstances::default(),
        evidence: vec![evidence],
        vulnerability: None,
        detection: None,
    }
}

fn cannot_tell(count: usize) -> Problem {
    let said = text!(
        en "no violation was found, but {count} places could not be judged",
        fr "aucune infraction trouvée, mais {count} endroits n’ont pas pu être jugés",
        de "keine Verletzung gefunden, aber {count} Stellen ließen sich nicht beurteilen",
    );
    Problem::new(Kind::User, said).hint(text!(
        en "render templates and put in variables first: `helm template CHART | vigie scan k8s - --pss LEVEL`",
        fr "rendez d’abord les modèles et remplacez les variables : `helm template CHART | vigie scan k8s - --pss NIVEAU`",
        de "rendern Sie Vorlagen und setzen Sie Variablen zuerst ein: `helm template CHART | vigie scan k8s - --pss STUFE`",
    ))
}
