//! Markdown for comments on merge requests: a summary, then the findings in a table.

use crate::Scan;
use crate::said::columns;
use vigie_model::lang::Lang;
use vigie_model::say;
use vigie_model::severity::Severity;

/// Most findings in the table: comments have an end (GitHub: 65,536 characters).
const ROWS_MAX: usize = 200;

/// The document.
#[must_use]
pub fn document(scan: &Scan<'_>) -> String {
    let lang = scan.lang;
    let mut text = format!("## Vigie: {}\n\n", code(&scan.asset.name));
    text.push_str(&summary(scan));
    text.push_str("\n\n");
    if let Some(parts) = parts(scan) {
        text.push_str(&format!("{parts}\n\n"));
    }
    if !scan.findings.is_empty() {
        // Only where there is something to tell.
        let from = scan.knows_base();
        text.push_str(&head(lang, from));
        for found in scan.findings.iter().take(ROWS_MAX) {
            let detail = found.vulnerability.as_ref();
            let fixed = detail.and_then(|detail| detail.fixed.as_deref()).unwrap_or("");
            let (name, place) = columns(found, lang);
            text.push_str(&format!(
                "| {} | {} | {} | {} | {} | {} |{}\n",
                found.priority().number(),
                found.severity.word(),
                code(&found.identity.subject),
                cell(&name),
                code(fixed),
                code(&place),
                if from { format!(" {} |", scan.from(found)) } else { String::new() }
            ));
        }
    }
    let rest = scan.findings.len().saturating_sub(ROWS_MAX);
    if rest > 0 {
        text.push_str(&say!(lang, en "\n… and {rest} more.\n", fr "\n… et {rest} autres.\n", de "\n… und {rest} weitere.\n"));
    }
    if !scan.unseen.is_empty() {
        text.push_str(&say!(lang, en "\nNot seen:\n\n", fr "\nNon vu :\n\n", de "\nNicht gesehen:\n\n"));
        for gap in scan.unseen {
            text.push_str(&format!("- {}\n", cell(gap.said().get(lang))));
        }
    }
    text
}

/// `2 critical, 0 high …`
pub(crate) fn summary(scan: &Scan<'_>) -> String {
    let counts = Severity::ALL.map(|severity| {
        let count = scan.findings.iter().filter(|found| found.severity == severity).count();
        format!("{count} {severity}")
    });
    let components = scan.components.len();
    let listed = say!(scan.lang, en "{components} components", fr "{components} composants", de "{components} Komponenten");
    format!("{} · {listed}", counts.join(", "))
}

/// Which base it is and how many findings come from it; nothing where that cannot be told.
pub(crate) fn parts(scan: &Scan<'_>) -> Option<String> {
    let lineage = scan.lineage?;
    let (base, own) = lineage.origins.counts(scan.findings.iter().map(|found| found.identity.id()))?;
    let name = lineage.base.name.as_deref().map_or(String::new(), |name| format!(" {}", code(name)));
    Some(say!(scan.lang,
        en "{base} from the base image{name}, {own} from its own layers",
        fr "{base} de l’image de base{name}, {own} de ses propres couches",
        de "{base} aus dem Basis-Image{name}, {own} aus eigenen Schichten"))
}

fn head(lang: Lang, from: bool) -> String {
    let head = say!(lang,
        en "| Priority | Severity | Id | Finding | Fixed in | Place |",
        fr "| Priorité | Sévérité | Identifiant | Constat | Corrigé dans | Emplacement |",
        de "| Priorität | Schweregrad | Kennung | Befund | Behoben in | Ort |");
    if !from {
        return format!("{head}\n|---:|---|---|---|---|---|\n");
    }
    let column = say!(lang, en "From", fr "Origine", de "Herkunft");
    format!("{head} {column} |\n|---:|---|---|---|---|---|---|\n")
}

/// Text of others in a cell of a table: neither markup nor a new line.
fn cell(text: &str) -> String {
    let mut cell = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => cell.extend(['\\', letter]),
            '<' => cell.push_str("&lt;"),
            '>' => cell.push_str("&gt;"),
            '&' => cell.push_str("&amp;"),
            letter if letter.is_control() => cell.push(' '),
            letter => cell.push(letter),
        }
    }
    cell
}

/// Text of others as code; a backquote or a bar would end it.
fn code(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    let text: String =
        text.chars().map(|letter| if letter.is_control() || matches!(letter, '`' | '|') { '\u{fffd}' } else { letter }).collect();
    format!("`{text}`")
}
