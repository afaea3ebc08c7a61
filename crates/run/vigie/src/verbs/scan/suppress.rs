//! Findings that somebody has judged already: by VEX (`--vex`) or in `.vigieignore`. They are taken out of the
//! answer and its exit code, and listed with their reason: nothing vanishes.

use crate::args::ShownArgs;
use crate::out;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use vigie_advisories::ignore::{self, Ignore};
use vigie_advisories::vex::{self, Place, Product, Statement, Status, Suppressed, Why};
use vigie_kit::files;
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::finding::{FindingKind, Locator};
use vigie_model::lang::{Lang, Text};
use vigie_model::life::Justification;
use vigie_model::occurrence::Occurrence;
use vigie_model::purl::Purl;
use vigie_model::time::Timestamp;
use vigie_model::{say, text};
use vigie_report::Scan;

/// The file that is looked for where nobody names one.
const IGNORE_FILE: &str = ".vigieignore";

/// What stands and what does not.
pub(super) struct Sorted {
    pub(super) kept: Vec<Occurrence>,
    pub(super) suppressed: Vec<Suppressed<Occurrence>>,
}

/// What was taken away, and what authors of VEX call that which was scanned.
#[derive(Clone, Copy)]
pub(super) struct Beside<'a> {
    pub(super) suppressed: &'a [Suppressed<Occurrence>],
    pub(super) place: &'a Place,
}

/// Sorts findings by VEX documents first, then by the file of what to ignore: that of the folder, or of the
/// folder where the program runs.
pub(super) fn sort(
    findings: Vec<Occurrence>,
    args: &ShownArgs,
    place: &Place,
    folder: Option<&Path>,
    now: Timestamp,
    lang: Lang,
) -> Result<Sorted, Problem> {
    let mut statements = Vec::new();
    for path in &args.vex {
        statements.extend(statements_of(path)?);
    }
    let applied = vex::apply(&statements, findings, place);
    let mut sorted = Sorted { kept: applied.kept, suppressed: applied.suppressed };
    if let Some(path) = ignore_file(args, folder) {
        let entries = entries_of(&path)?;
        let ignored = ignore::apply(&entries, std::mem::take(&mut sorted.kept), now.day());
        sorted.kept = ignored.applied.kept;
        sorted.suppressed.extend(ignored.applied.suppressed);
        for number in ignored.expired {
            let shown = path.display();
            out::say(&say!(lang,
                en "warning: entry {number} of {shown} has expired: renew it or take it out",
                fr "attention : l’entrée {number} de {shown} a expiré : renouvelez-la ou retirez-la",
                de "Warnung: Eintrag {number} von {shown} ist abgelaufen: Erneuern oder entfernen Sie ihn"));
        }
    }
    Ok(sorted)
}

fn ignore_file(args: &ShownArgs, folder: Option<&Path>) -> Option<PathBuf> {
    let usual = || [folder, Some(Path::new("."))].into_iter().flatten().map(|folder| folder.join(IGNORE_FILE));
    args.ignore_file.clone().or_else(|| usual().find(|path| path.is_file()))
}

fn statements_of(path: &Path) -> Result<Vec<Statement>, Problem> {
    let bytes = files::read_bounded(path, vex::BYTES_MAX as u64).map_err(Explain::explain)?;
    vex::parse(&bytes).map_err(|error| in_file(path, error.said()).hint(error.hint()).because(error))
}

fn entries_of(path: &Path) -> Result<Vec<Ignore>, Problem> {
    let text = files::read_text_bounded(path, ignore::BYTES_MAX as u64).map_err(Explain::explain)?;
    ignore::parse(&text).map_err(|error| in_file(path, error.said()).hint(error.hint()).because(error))
}

fn in_file(path: &Path, said: Text) -> Problem {
    let (path, Text { en, fr, de }) = (path.display(), said);
    Problem::new(Kind::User, text!(en "{path}: {en}", fr "{path} : {fr}", de "{path}: {de}"))
}

/// Tells how many were taken away, or which.
pub(super) fn tell(suppressed: &[Suppressed<Occurrence>], args: &ShownArgs, lang: Lang) {
    if suppressed.is_empty() {
        return;
    }
    let count = suppressed.len();
    if !args.show_suppressed {
        out::say(&say!(lang,
            en "Taken away by VEX or {IGNORE_FILE}: {count} (--show-suppressed lists them)",
            fr "Écartés par VEX ou {IGNORE_FILE} : {count} (--show-suppressed les liste)",
            de "Durch VEX oder {IGNORE_FILE} ausgenommen: {count} (--show-suppressed listet sie auf)"));
        return;
    }
    out::say(&say!(lang, en "Do not count:", fr "Ne comptent pas :", de "Zählen nicht:"));
    for one in suppressed {
        let (title, why) = (vigie_report::title(&one.found, lang), reason(&one.why));
        out::say(&format!("  {}: {}", out::visible(&title), out::visible(&why)));
    }
}

fn reason(why: &Why) -> String {
    match why {
        Why::Vex { status, justification, text, author, .. } => {
            let words = [status.word(), justification.map_or("", |it| it.word()), text, author];
            words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(", ")
        }
        Why::Ignored { reason, until } => match until {
            Some(until) => format!("{reason} ({IGNORE_FILE}, {until})"),
            None => format!("{reason} ({IGNORE_FILE})"),
        },
    }
}

/// The suppressed ones in `vigie.scan/1`.
pub(super) fn views(suppressed: &[Suppressed<Occurrence>], lang: Lang) -> Value {
    let view = |one: &Suppressed<Occurrence>| {
        json!({
            "id": one.found.identity.id(),
            "kind": one.found.identity.kind.word(),
            "subject": one.found.identity.subject,
            "title": vigie_report::title(&one.found, lang),
            "severity": one.found.severity.word(),
            "why": one.why,
        })
    };
    suppressed.iter().map(view).collect()
}

/// What the scan found as OpenVEX: affected with what to do, and what earlier documents said of the others.
pub(super) fn openvex(scan: &Scan<'_>, beside: Beside<'_>) -> Value {
    let whole = beside.place.names.first().unwrap_or(&scan.asset.name);
    let affected = scan.findings.iter().filter(|found| is_vulnerability(found)).map(|found| {
        let fixed = found.vulnerability.as_ref().and_then(|detail| detail.fixed.as_deref());
        let text = fixed.map_or("No fixed version is known.".to_owned(), |fixed| format!("Update to {fixed} or later."));
        statement(found, whole, beside.place, (Status::Affected, None, text))
    });
    let vulnerabilities = beside.suppressed.iter().filter(|one| is_vulnerability(&one.found));
    let said = vulnerabilities.filter_map(|one| match &one.why {
        Why::Vex { status, justification, text, .. } => {
            Some(statement(&one.found, whole, beside.place, (*status, *justification, text.clone())))
        }
        // A team's wish not to hear of it says nothing about the product.
        Why::Ignored { .. } => None,
    });
    let statements: Vec<Statement> = affected.chain(said).collect();
    let id = format!("urn:vigie:scan:{}:{}", scan.asset.id, scan.taken_at.to_string().replace(':', "-"));
    vex::to_openvex(&statements, &id, &format!("Vigie {}", scan.version), scan.taken_at)
}

fn is_vulnerability(found: &Occurrence) -> bool {
    found.identity.kind == FindingKind::Vulnerability
}

fn statement(
    found: &Occurrence,
    whole: &str,
    place: &Place,
    (status, justification, text): (Status, Option<Justification>, String),
) -> Statement {
    let detail = found.vulnerability.as_ref();
    let aliases = detail.into_iter().flat_map(|detail| detail.aliases.iter().cloned());
    let purl = match &found.identity.locator {
        Locator::Package(purl) => Purl::parse(purl),
        _ => None,
    };
    let part = purl.map(|mut purl| {
        purl.version = detail.map_or(String::new(), |detail| detail.installed.clone());
        Product { id: purl.to_string(), purl: Some(purl), ..Product::default() }
    });
    let product = Product { digests: place.digests.clone(), parts: part.into_iter().collect(), ..Product::named(whole) };
    Statement {
        vulnerabilities: std::iter::once(found.identity.subject.clone()).chain(aliases).collect(),
        products: vec![product],
        status,
        justification,
        text,
        author: String::new(),
        time: None,
    }
}
