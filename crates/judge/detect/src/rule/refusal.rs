//! Why a rule cannot be used: one sentence each, in every language of the console.

use std::fmt;
use vigie_model::lang::Text;
use vigie_model::text;

/// Why a rule, a correlation or a filter is not used. The rest of its folder is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The file is larger than [`RULE_BYTES_MAX`](super::RULE_BYTES_MAX).
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not Sigma: the parser's words.
    NotSigma(String),
    /// Modifiers that contradict each other or do not exist for this value.
    Modifiers {
        /// The field with its modifiers, as written.
        field: String,
        /// What is wrong with them.
        why: ModifierFault,
    },
    /// A value that its modifier cannot use.
    Value {
        /// The field with its modifiers, as written.
        field: String,
        /// The value.
        value: String,
    },
    /// A regular expression that does not compile, or too large when compiled.
    Regex {
        /// The expression.
        pattern: String,
        /// The compiler's words.
        why: String,
    },
    /// A placeholder without a list of values.
    NoList {
        /// Its name.
        name: String,
    },
    /// A value that grows beyond a limit when written out.
    TooManyVariants {
        /// The field with its modifiers, as written.
        field: String,
    },
    /// The condition names a selection that is not there.
    NoSelection {
        /// The name or pattern.
        name: String,
    },
    /// A selection without content: always true or never.
    EmptySelection,
    /// Something that is not part of Sigma 2.1.
    Beyond {
        /// What.
        what: String,
    },
    /// A correlation or a filter names a rule that is not loaded, or was refused.
    NoRule {
        /// The name or id.
        name: String,
    },
    /// Correlations that refer to each other in a circle.
    Circle,
    /// The condition of a correlation does not fit its type.
    Condition,
    /// Another rule has the same id or name.
    SameName {
        /// The id or name.
        name: String,
    },
}

/// What is wrong with the modifiers of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ModifierFault {
    /// More than one way of comparing.
    Conflict,
    /// An encoding, a dash or a placeholder where no text is compared.
    NotForText,
    /// `all` with fewer than two values.
    AllOfOne,
    /// `i`, `m` or `s` without `re`.
    FlagWithoutRegex,
    /// An encoding whose result is not text, so that no event can contain it.
    NeverText,
}

impl Refusal {
    /// The sentence.
    #[must_use]
    pub fn said(&self) -> Text {
        match self {
            Self::TooLarge { bytes } => text!(
                en "The rule file has {bytes} bytes; that is more than a rule may have.",
                fr "Le fichier de règle fait {bytes} octets, plus que la taille permise pour une règle.",
                de "Die Regeldatei hat {bytes} Bytes, mehr als eine Regel haben darf.",
            ),
            Self::NotSigma(why) => text!(
                en "This is not a Sigma document: {why}.",
                fr "Ce n'est pas un document Sigma : {why}.",
                de "Das ist kein Sigma-Dokument: {why}.",
            ),
            Self::Modifiers { field, why } => why.said(field),
            Self::Value { field, value } => text!(
                en "`{field}` cannot be compared with `{value}`.",
                fr "`{field}` ne peut pas être comparé à `{value}`.",
                de "`{field}` lässt sich nicht mit `{value}` vergleichen.",
            ),
            Self::Regex { pattern, why } => text!(
                en "The regular expression `{pattern}` cannot be used: {why}.",
                fr "L'expression rationnelle `{pattern}` est inutilisable : {why}.",
                de "Der reguläre Ausdruck `{pattern}` ist nicht verwendbar: {why}.",
            ),
            Self::NoList { name } => text!(
                en "There is no list of values for the placeholder `%{name}%`.",
                fr "Aucune liste de valeurs n'est définie pour le paramètre `%{name}%`.",
                de "Für den Platzhalter `%{name}%` gibt es keine Werteliste.",
            ),
            Self::TooManyVariants { field } => text!(
                en "`{field}` stands for too many values once its modifiers are written out.",
                fr "`{field}` représente trop de valeurs une fois ses modificateurs développés.",
                de "`{field}` steht ausgeschrieben für zu viele Werte.",
            ),
            Self::NoSelection { name } => text!(
                en "The condition names `{name}`, and no selection has that name.",
                fr "La condition cite `{name}`, mais aucune sélection ne porte ce nom.",
                de "Die Bedingung nennt `{name}`, aber keine Auswahl heißt so.",
            ),
            Self::EmptySelection => text!(
                en "A selection is empty.",
                fr "Une sélection est vide.",
                de "Eine Auswahl ist leer.",
            ),
            Self::Beyond { what } => text!(
                en "`{what}` is not part of Sigma 2.1.",
                fr "`{what}` ne fait pas partie de Sigma 2.1.",
                de "`{what}` gehört nicht zu Sigma 2.1.",
            ),
            Self::NoRule { name } => text!(
                en "It refers to the rule `{name}`, which is not loaded.",
                fr "Elle renvoie à la règle `{name}`, qui n'est pas chargée.",
                de "Sie verweist auf die Regel `{name}`, die nicht geladen ist.",
            ),
            Self::Circle => text!(
                en "Correlations refer to each other in a circle.",
                fr "Des corrélations renvoient l'une à l'autre en boucle.",
                de "Korrelationen verweisen im Kreis aufeinander.",
            ),
            Self::Condition => text!(
                en "The condition does not fit the type of the correlation.",
                fr "La condition ne convient pas au type de la corrélation.",
                de "Die Bedingung passt nicht zum Typ der Korrelation.",
            ),
            Self::SameName { name } => text!(
                en "Another rule is already called `{name}`.",
                fr "Une autre règle s'appelle déjà `{name}`.",
                de "Eine andere Regel heißt bereits `{name}`.",
            ),
        }
    }
}

impl ModifierFault {
    fn said(self, field: &str) -> Text {
        match self {
            Self::Conflict => text!(
                en "The modifiers of `{field}` contradict each other.",
                fr "Les modificateurs de `{field}` se contredisent.",
                de "Die Modifikatoren von `{field}` widersprechen sich.",
            ),
            Self::NotForText => text!(
                en "`{field}` has a modifier for text, but no text is compared.",
                fr "`{field}` porte un modificateur de texte, mais aucun texte n'est comparé.",
                de "`{field}` hat einen Modifikator für Text, es wird aber kein Text verglichen.",
            ),
            Self::AllOfOne => text!(
                en "`{field}` asks for all of its values and has only one.",
                fr "`{field}` exige toutes ses valeurs mais n'en a qu'une.",
                de "`{field}` verlangt alle Werte, hat aber nur einen.",
            ),
            Self::FlagWithoutRegex => text!(
                en "`{field}` has a flag of regular expressions without being one.",
                fr "`{field}` porte une option d'expression rationnelle sans en être une.",
                de "`{field}` hat einen Schalter für reguläre Ausdrücke, ist aber keiner.",
            ),
            Self::NeverText => text!(
                en "`{field}` is encoded to bytes that no text contains.",
                fr "`{field}` est codé en octets qu'aucun texte ne contient.",
                de "`{field}` wird zu Bytes kodiert, die in keinem Text stehen.",
            ),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.said().en)
    }
}

impl std::error::Error for Refusal {}
