//! One HTML file without script and without anything from elsewhere: to mail, to print, to keep.

use crate::Scan;
use crate::junit::escaped;
use crate::markdown::{parts, summary};
use crate::said::{address, advice, columns};
use vigie_model::lineage::Part;
use vigie_model::occurrence::Occurrence;
use vigie_model::say;

const STYLE: &str = "
:root { color-scheme: light dark; --line: #d5dbe0; --soft: #5b6871 }
@media (prefers-color-scheme: dark) { :root { --line: #36424b; --soft: #9aa8b2 } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 75rem; padding: 0 1rem }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .6rem; border-bottom: 1px solid var(--line) }
th { font-weight: 600 } td.n { text-align: right; font-variant-numeric: tabular-nums }
code { font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
.soft { color: var(--soft) } .critical, .high { font-weight: 600 }
details > summary { cursor: pointer }
@media print { details { display: block } }
";

/// The document.
#[must_use]
pub fn document(scan: &Scan<'_>) -> String {
    let lang = scan.lang;
    let name = escaped(&scan.asset.name);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Vigie: {name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{name}</h1>\n<p>{}{}<br><span class=\"soft\">{} · Vigie {}</span></p>\n",
        lang.code(),
        escaped(&summary(scan)),
        parts(scan).map_or(String::new(), |parts| format!("<br>{}", escaped(&parts.replace('`', "")))),
        scan.taken_at,
        escaped(scan.version),
    );
    findings(&mut html, scan);
    unseen(&mut html, scan);
    components(&mut html, scan);
    html.push_str("</body>\n</html>\n");
    html
}

fn heads(html: &mut String, heads: &[String]) {
    html.push_str("<table>\n<thead><tr>");
    for head in heads {
        html.push_str(&format!("<th scope=\"col\">{}</th>", escaped(head)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
}

fn findings(html: &mut String, scan: &Scan<'_>) {
    let lang = scan.lang;
    html.push_str(&format!("<h2>{}</h2>\n", say!(lang, en "Findings", fr "Constats", de "Befunde")));
    if scan.findings.is_empty() {
        html.push_str(&format!("<p>{}</p>\n", say!(lang, en "None.", fr "Aucun.", de "Keine.")));
        return;
    }
    heads(
        html,
        &[
            say!(lang, en "Priority", fr "Priorité", de "Priorität"),
            say!(lang, en "Severity", fr "Sévérité", de "Schweregrad"),
            say!(lang, en "Finding", fr "Constat", de "Befund"),
            say!(lang, en "Place", fr "Emplacement", de "Ort"),
            say!(lang, en "What to do", fr "Que faire", de "Was zu tun ist"),
        ],
    );
    for found in scan.findings {
        row(html, found, scan);
    }
    html.push_str("</tbody>\n</table>\n");
}

fn row(html: &mut String, found: &Occurrence, scan: &Scan<'_>) {
    let lang = scan.lang;
    let severity = found.severity.word();
    let subject = escaped(&found.identity.subject);
    let subject = match address(found) {
        Some(url) => format!("<a href=\"{}\" rel=\"noreferrer\">{subject}</a>", escaped(&url)),
        None => subject,
    };
    let (name, place) = columns(found, lang);
    html.push_str(&format!("<tr><td class=\"n\">{}</td><td class=\"{severity}\">{severity}</td><td>{}<br><span class=\"soft\">{subject}</span></td><td><code>{}</code>{}</td><td>{}</td></tr>\n",
        found.priority().number(),
        escaped(&name),
        escaped(&place),
        from(found, scan),
        escaped(&advice(found, lang)),
    ));
}

/// Which part of an image it comes from, and by which layers.
fn from(found: &Occurrence, scan: &Scan<'_>) -> String {
    let Some(origin) = scan.origin(found) else { return String::new() };
    let part = match origin.from {
        Some(Part::Base) => say!(scan.lang, en "base image", fr "image de base", de "Basis-Image"),
        Some(Part::Own) => say!(scan.lang, en "own layers", fr "couches propres", de "eigene Schichten"),
        Some(Part::Both) => {
            say!(scan.lang, en "base image and own layers", fr "image de base et couches propres", de "Basis-Image und eigene Schichten")
        }
        None => return String::new(),
    };
    format!("<br><span class=\"soft\">{part}</span>")
}

fn unseen(html: &mut String, scan: &Scan<'_>) {
    if scan.unseen.is_empty() {
        return;
    }
    html.push_str(&format!("<h2>{}</h2>\n<ul>\n", say!(scan.lang, en "Not seen", fr "Non vu", de "Nicht gesehen")));
    for gap in scan.unseen {
        html.push_str(&format!("<li>{}</li>\n", escaped(gap.said().get(scan.lang))));
    }
    html.push_str("</ul>\n");
}

fn components(html: &mut String, scan: &Scan<'_>) {
    if scan.components.is_empty() {
        return;
    }
    let lang = scan.lang;
    let count = scan.components.len();
    html.push_str(&format!(
        "<details>\n<summary><h2 style=\"display: inline\">{}</h2></summary>\n",
        say!(lang, en "{count} components", fr "{count} composants", de "{count} Komponenten")
    ));
    heads(
        html,
        &[
            say!(lang, en "Package", fr "Paquet", de "Paket"),
            say!(lang, en "Version", fr "Version", de "Version"),
            say!(lang, en "Licence", fr "Licence", de "Lizenz"),
            say!(lang, en "Place", fr "Emplacement", de "Ort"),
        ],
    );
    for component in scan.components {
        let package = &component.package;
        html.push_str(&format!(
            "<tr><td>{}<br><span class=\"soft\">{}</span></td><td><code>{}</code></td><td>{}</td><td><code>{}</code></td></tr>\n",
            escaped(&package.name),
            escaped(&package.ecosystem),
            escaped(&package.version),
            escaped(&component.effective_licences().join(", ")),
            escaped(&component.path),
        ));
    }
    html.push_str("</tbody>\n</table>\n</details>\n");
}
