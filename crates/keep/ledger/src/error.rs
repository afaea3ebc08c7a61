//! Why the ledger did not do what was asked, and what to tell a person.

use vigie_db::DbError;
use vigie_kit::problem::{Explain, Kind, Problem, Source};
use vigie_model::ids::{AssetId, DecisionId};
use vigie_model::text;

/// Why the ledger did not do what was asked. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database refused.
    #[error(transparent)]
    Db(#[from] DbError),
    /// No asset has this id: it must be saved before anything is recorded on it.
    #[error("asset {0} is not known")]
    UnknownAsset(AssetId),
    /// A run on one asset reported something on another.
    #[error("a run on asset {run} reported a finding on asset {occurrence}")]
    ForeignOccurrence {
        /// The asset of the run.
        run: AssetId,
        /// The asset of the occurrence.
        occurrence: AssetId,
    },
    /// More tools report than the ledger tells apart.
    #[error("more than {max} tools report findings")]
    TooManyTools {
        /// How many it tells apart.
        max: usize,
    },
    /// No decision has this id.
    #[error("decision {0} is not known")]
    UnknownDecision(DecisionId),
    /// The decision has expired or was withdrawn before.
    #[error("decision {0} has ended already")]
    DecisionEnded(DecisionId),
    /// A decision without reason.
    #[error("a decision needs a reason")]
    NoReason,
    /// A text is longer than is kept.
    #[error("{what} is longer than {max} characters")]
    TooLong {
        /// Which text.
        what: &'static str,
        /// The limit.
        max: usize,
    },
    /// More facts of one asset than are kept.
    #[error("facts of {bytes} bytes, more than {max}")]
    TooLarge {
        /// How many bytes they have.
        bytes: usize,
        /// The limit.
        max: usize,
    },
    /// A decision for longer than is allowed, or one that ends before it begins.
    #[error("a decision must end within {days_max} days from now")]
    BadExpiry {
        /// How long it may be in force.
        days_max: u32,
    },
    /// An acceptance whose end is not the decision's.
    #[error("an acceptance ends with its decision")]
    TwoEnds,
    /// A decision about everything, or about everything of a kind.
    #[error("a decision must say what it is about")]
    TooBroad,
    /// A decision that names too many findings one by one.
    #[error("a decision names at most {max} findings one by one")]
    TooManyFindings {
        /// The limit.
        max: usize,
    },
    /// A cursor of another list, or none at all.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// Something stored is not what this program wrote.
    #[error("a stored {what} makes no sense")]
    Stored {
        /// What.
        what: &'static str,
        /// Why not.
        source: Source,
    },
}

impl LedgerError {
    pub(crate) fn stored(what: &'static str, source: impl Into<Source>) -> Self {
        Self::Stored { what, source: source.into() }
    }
}

impl Explain for LedgerError {
    fn explain(self) -> Problem {
        match self {
            Self::Db(error) => error.explain(),
            own => own.problem().because(own),
        }
    }
}

impl LedgerError {
    /// What a person is told of the ledger's own errors.
    fn problem(&self) -> Problem {
        match self {
            Self::UnknownAsset(id) => Problem::new(
                Kind::User,
                text!(
                    en "there is no asset {id}",
                    fr "il n'existe pas d'actif {id}",
                    de "ein Asset {id} gibt es nicht"
                ),
            ),
            Self::UnknownDecision(id) => Problem::new(
                Kind::User,
                text!(
                    en "there is no decision {id}",
                    fr "il n'existe pas de décision {id}",
                    de "eine Entscheidung {id} gibt es nicht"
                ),
            ),
            Self::DecisionEnded(_) => Problem::new(
                Kind::User,
                text!(
                    en "the decision has ended already",
                    fr "la décision a déjà pris fin",
                    de "die Entscheidung ist bereits beendet"
                ),
            ),
            Self::NoReason => Problem::new(
                Kind::User,
                text!(
                    en "a decision needs a reason",
                    fr "une décision doit être motivée",
                    de "eine Entscheidung braucht eine Begründung"
                ),
            )
            .hint(text!(
                en "say in one sentence why, for whoever reads it next year",
                fr "dites en une phrase pourquoi, pour qui la lira dans un an",
                de "sagen Sie in einem Satz, warum; jemand wird es in einem Jahr lesen"
            )),
            Self::TooLong { max, .. } => Problem::new(
                Kind::User,
                text!(
                    en "the text is longer than {max} characters",
                    fr "le texte dépasse {max} caractères",
                    de "der Text ist länger als {max} Zeichen"
                ),
            ),
            Self::TooLarge { bytes, max } => Problem::new(
                Kind::User,
                text!(
                    en "what was found has {bytes} bytes, more than the {max} that are kept",
                    fr "ce qui a été trouvé fait {bytes} octets, plus que les {max} conservés",
                    de "das Gefundene hat {bytes} Bytes, mehr als die {max}, die aufbewahrt werden"
                ),
            )
            .hint(text!(
                en "scan parts of it, each as a target of its own",
                fr "examinez-en des parties, chacune comme une cible à part",
                de "untersuchen Sie Teile davon, jeden als eigenes Ziel"
            )),
            Self::BadExpiry { days_max } => Problem::new(
                Kind::User,
                text!(
                    en "a decision must end within {days_max} days from now",
                    fr "une décision doit prendre fin dans les {days_max} jours",
                    de "eine Entscheidung muss innerhalb von {days_max} Tagen enden"
                ),
            )
            .hint(text!(
                en "choose an earlier date; it can be renewed when it ends",
                fr "choisissez une date plus proche ; la décision pourra être renouvelée",
                de "wählen Sie ein früheres Datum; sie lässt sich dann erneuern"
            )),
            Self::TwoEnds => Problem::new(
                Kind::User,
                text!(
                    en "the acceptance and its decision must end at the same time",
                    fr "l'acceptation et sa décision doivent prendre fin en même temps",
                    de "die Akzeptanz und ihre Entscheidung müssen zur selben Zeit enden"
                ),
            ),
            Self::TooBroad => Problem::new(
                Kind::User,
                text!(
                    en "the decision does not say what it is about",
                    fr "la décision ne dit pas sur quoi elle porte",
                    de "die Entscheidung sagt nicht, wofür sie gilt"
                ),
            )
            .hint(text!(
                en "name findings, a rule or vulnerability, a package, an asset or a label",
                fr "indiquez des constats, une règle ou vulnérabilité, un paquet, un actif ou une étiquette",
                de "nennen Sie Befunde, eine Regel oder Schwachstelle, ein Paket, ein Asset oder ein Label"
            )),
            Self::TooManyFindings { max } => Problem::new(
                Kind::User,
                text!(
                    en "a decision names at most {max} findings one by one",
                    fr "une décision désigne au plus {max} constats un à un",
                    de "eine Entscheidung nennt höchstens {max} Befunde einzeln"
                ),
            )
            .hint(text!(
                en "decide by rule, package, asset or label instead",
                fr "décidez plutôt par règle, paquet, actif ou étiquette",
                de "entscheiden Sie stattdessen nach Regel, Paket, Asset oder Label"
            )),
            Self::BadCursor => Problem::new(
                Kind::User,
                text!(
                    en "the place to go on from belongs to another list",
                    fr "la position de reprise appartient à une autre liste",
                    de "die Stelle zum Weiterlesen gehört zu einer anderen Liste"
                ),
            )
            .hint(text!(
                en "begin again at the first page",
                fr "reprenez à la première page",
                de "beginnen Sie wieder auf der ersten Seite"
            )),
            Self::Db(_) | Self::ForeignOccurrence { .. } | Self::TooManyTools { .. } | Self::Stored { .. } => Problem::new(
                Kind::Internal,
                text!(
                    en "the ledger could not do what was asked ({self})",
                    fr "le registre n'a pas pu exécuter la demande ({self})",
                    de "das Register konnte die Anfrage nicht ausführen ({self})"
                ),
            )
            .hint(text!(
                en "this is a defect; please report it with the log",
                fr "c'est un défaut ; signalez-le avec le journal",
                de "das ist ein Fehler; melden Sie ihn bitte mit dem Protokoll"
            )),
        }
    }
}
