//! What a maker of a page is told.

use super::said;
use crate::api::error::ApiError;
use crate::formats::{NAME_MAX, OwnPagesError};
use axum::http::StatusCode;
use vigie_collect::mapping::{PAGE_MAX, PAGES_MAX, PageError, Unlike};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::Text;
use vigie_model::text;

pub(super) fn wrong_page(error: &PageError) -> ApiError {
    let said = said(error);
    let status = StatusCode::BAD_REQUEST;
    let sentence = text!(en "The page is wrong: {said}", fr "La page est incorrecte : {said}", de "Die Seite ist falsch: {said}");
    ApiError::new(status, "page", sentence)
}

pub(super) fn reads_nothing() -> ApiError {
    let sentence = text!(
        en "The page reads none of the lines, and has no sample",
        fr "La page ne lit aucune des lignes et n’a pas d’exemple",
        de "Die Seite liest keine der Zeilen und hat kein Beispiel",
    );
    ApiError::new(StatusCode::BAD_REQUEST, "sample", sentence).with_hint(text!(
        en "the preview says why for each line; what it reads is kept as the page’s test",
        fr "l’aperçu dit pourquoi pour chaque ligne ; ce qu’elle lit devient le test de la page",
        de "die Vorschau sagt zu jeder Zeile, warum; was sie liest, wird als Probe der Seite behalten",
    ))
}

pub(super) fn unlike_at(what: &Unlike) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "sample", unlike(what))
}

/// What a sample became.
pub(super) fn unlike(unlike: &Unlike) -> Text {
    let Unlike { record, place, expected, found } = unlike;
    let record: String = record.chars().take(80).collect();
    if place.is_empty() {
        return text!(
            en "The page does not read its sample “{record}”",
            fr "La page ne lit pas son exemple « {record} »",
            de "Die Seite liest ihr Beispiel „{record}“ nicht",
        );
    }
    text!(
        en "Of the sample “{record}”, {place} should be “{expected}” and is “{found}”",
        fr "Dans l’exemple « {record} », {place} devrait être « {expected} » et vaut « {found} »",
        de "Im Beispiel „{record}“ sollte {place} „{expected}“ sein und ist „{found}“",
    )
}

pub(super) fn ours(name: &str) -> ApiError {
    let sentence = text!(
        en "{name} is the name of a format that Vigie has itself",
        fr "{name} est le nom d’un format que Vigie possède déjà",
        de "{name} heißt schon ein Format, das Vigie selbst hat",
    );
    ApiError::new(StatusCode::CONFLICT, "name_taken", sentence).with_hint(text!(
        en "choose a name of your own, such as shop-{name}",
        fr "choisissez un nom à vous, par exemple shop-{name}",
        de "wählen Sie einen eigenen Namen, etwa shop-{name}",
    ))
}

impl From<OwnPagesError> for ApiError {
    fn from(error: OwnPagesError) -> Self {
        match error {
            OwnPagesError::NotFound => Self::new(
                StatusCode::NOT_FOUND,
                "not_found",
                text!(
                    en "There is no page of this name",
                    fr "Il n’y a pas de page de ce nom",
                    de "Eine Seite dieses Namens gibt es nicht",
                ),
            )
            .with_hint(text!(
                en "the list of log formats shows all of yours",
                fr "la liste des formats de journaux montre toutes les vôtres",
                de "die Liste der Logformate zeigt alle eigenen",
            )),
            OwnPagesError::NameTaken => Self::new(
                StatusCode::CONFLICT,
                "name_taken",
                text!(
                    en "There is a page for this format already",
                    fr "Il y a déjà une page pour ce format",
                    de "Für dieses Format gibt es schon eine Seite",
                ),
            )
            .with_hint(text!(
                en "choose another name for the format, or open that page and change it",
                fr "choisissez un autre nom pour le format, ou ouvrez cette page et modifiez-la",
                de "wählen Sie einen anderen Namen für das Format oder ändern Sie jene Seite",
            )),
            OwnPagesError::Name => Self::invalid(text!(
                en "The name of a page is letters, digits and hyphens, at most {NAME_MAX}",
                fr "Le nom d’une page se compose de lettres, chiffres et tirets, {NAME_MAX} au plus",
                de "Der Name einer Seite besteht aus Buchstaben, Ziffern und Bindestrichen, höchstens {NAME_MAX}",
            )),
            OwnPagesError::TooMany => Self::invalid(text!(
                en "There are {PAGES_MAX} pages already",
                fr "Il y a déjà {PAGES_MAX} pages",
                de "Es gibt schon {PAGES_MAX} Seiten",
            )),
            OwnPagesError::TooLarge => Self::invalid(text!(
                en "The page is larger than {PAGE_MAX} bytes",
                fr "La page dépasse {PAGE_MAX} octets",
                de "Die Seite ist größer als {PAGE_MAX} Bytes",
            ))
            .with_hint(text!(
                en "fewer samples make it smaller",
                fr "moins d’exemples la rendent plus petite",
                de "weniger Beispiele machen sie kleiner",
            )),
            OwnPagesError::Read(error) => Self::of(error),
            OwnPagesError::Write(error) => Self::of(error),
            OwnPagesError::Folder(error) => Self::of(FolderProblem(error)),
        }
    }
}

/// The folder of the pages cannot be changed.
struct FolderProblem(std::io::Error);

impl Explain for FolderProblem {
    fn explain(self) -> Problem {
        let said = text!(
            en "The folder parsers of the data directory cannot be changed",
            fr "Le dossier parsers du répertoire de données ne peut pas être modifié",
            de "Der Ordner parsers des Datenverzeichnisses lässt sich nicht ändern",
        );
        Problem::new(Kind::Environment, said)
            .hint(text!(
                en "it has to belong to the user that runs Vigie, and there has to be room on the disk",
                fr "il doit appartenir à l’utilisateur qui exécute Vigie, et le disque doit avoir de la place",
                de "er muss dem Benutzer gehören, unter dem Vigie läuft, und auf der Platte muss Platz sein",
            ))
            .because(self.0)
    }
}
