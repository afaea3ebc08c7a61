//! Asking the platform: through its local socket where one runs on the data directory, else by
//! opening the stores ourselves. Either way the question is a request of the HTTP API, so the
//! command line, the console and other programs get the same answer.

use crate::{config, out, watched};
use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, header};
use http_body_util::BodyExt;
use serde_json::Value;
use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower::ServiceExt;
use vigie_kit::clock::SystemClock;
use vigie_kit::data_dir::{DataDir, DataDirError};
use vigie_kit::problem::{Explain, Kind, Problem};
use vigie_model::lang::{Lang, Text};
use vigie_model::text;
use vigie_server::{Platform, local};

/// Most bytes of an answer that are taken: a whole export.
const ANSWER_BYTES_MAX: usize = 1 << 30;

/// A platform that answers.
pub(crate) struct House {
    runtime: tokio::runtime::Runtime,
    door: Door,
    lang: Lang,
    /// Files and records that searches could not read.
    unreadable: Cell<u64>,
}

enum Door {
    /// We opened the stores.
    Ours(Box<Router>),
    /// Somebody else has them open and listens here.
    Socket(PathBuf),
}

impl House {
    /// Opens the house on a data directory that exists.
    pub(crate) fn open(data: Option<&Path>, lang: Lang) -> Result<Self, Problem> {
        let path = data_path(data)?;
        match path.join("VERSION").try_exists() {
            Ok(true) => {}
            Ok(false) => return Err(nothing_there(&path)),
            Err(error) => return Err(not_entered(&path, error)),
        }
        let runtime = runtime()?;
        let door = match DataDir::open(&path) {
            Ok(dir) => {
                let _inside = runtime.enter();
                let platform = Platform::open(dir, Arc::new(SystemClock), config::opening_of(&path)?)?;
                Door::Ours(Box::new(local::router(Arc::new(platform))))
            }
            Err(DataDirError::InUse { .. }) => Door::Socket(path.join(local::SOCKET)),
            Err(other) => return Err(other.explain()),
        };
        Ok(Self { runtime, door, lang, unreadable: Cell::new(0) })
    }

    /// Asks for something.
    pub(crate) fn get(&self, path: &str) -> Result<Value, Problem> {
        self.value(Method::GET, path, None)
    }

    /// Asks for something that may take long, its path with parameters: shows on a terminal how far it has come, and at
    /// the first interruption takes what was found so far.
    pub(crate) fn get_watched(&self, path: &str) -> Result<Value, Problem> {
        let bytes = self.runtime.block_on(watched::get(self, path))?;
        let answer: Value = serde_json::from_slice(&bytes).map_err(|error| no_answer().because(error))?;
        let unreadable = answer["covered"]["unreadable"].as_u64().unwrap_or_default();
        self.unreadable.set(self.unreadable.get().max(unreadable));
        Ok(answer)
    }

    /// Fails when something that was asked for could not be read: what was answered lacks it.
    pub(crate) fn all_was_read(&self) -> Result<(), Problem> {
        let unreadable = self.unreadable.get();
        if unreadable == 0 {
            return Ok(());
        }
        let problem = Problem::new(
            Kind::Environment,
            text!(
                en "{unreadable} files or records of events cannot be read: this answer lacks what they hold",
                fr "{unreadable} fichiers ou enregistrements d’événements sont illisibles : il manque à cette réponse ce qu’ils contiennent",
                de "{unreadable} Dateien oder Datensätze mit Ereignissen sind nicht lesbar: was sie enthalten, fehlt in dieser Antwort",
            ),
        );
        Err(problem.hint(text!(
            en "`vigie audit verify` names them",
            fr "`vigie audit verify` les nomme",
            de "`vigie audit verify` nennt sie",
        )))
    }

    /// Has something done.
    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Problem> {
        self.value(Method::POST, path, Some(body))
    }

    /// Has something replaced.
    pub(crate) fn put(&self, path: &str, body: &Value) -> Result<Value, Problem> {
        self.value(Method::PUT, path, Some(body))
    }

    /// Has something taken away.
    pub(crate) fn delete(&self, path: &str) -> Result<Value, Problem> {
        self.value(Method::DELETE, path, None)
    }

    /// Asks for something that is no JSON.
    pub(crate) fn bytes(&self, path: &str) -> Result<Vec<u8>, Problem> {
        self.runtime.block_on(self.exchange(Method::GET, path, None))
    }

    /// Copies an answer to standard output, piece by piece as it comes.
    pub(crate) fn copy(&self, path: &str) -> Result<(), Problem> {
        self.runtime.block_on(async {
            let request = self.request(Method::GET, path, None)?;
            let (status, mut body) = match &self.door {
                Door::Ours(router) => {
                    let response = router.as_ref().clone().oneshot(request).await.map_err(|never| match never {})?;
                    (response.status(), response.into_body())
                }
                Door::Socket(socket) => {
                    let response = local::open(socket, request).await.map_err(|error| no_answer().because(error))?;
                    (response.status(), Body::new(response.into_body()))
                }
            };
            if !status.is_success() {
                let limited = http_body_util::Limited::new(body, ANSWER_BYTES_MAX);
                return Err(refusal(&limited.collect().await.map_err(|error| no_answer().because(error))?.to_bytes()));
            }
            while let Some(frame) = body.frame().await {
                // What breaks off is no whole answer, and must not look like one.
                let frame = frame.map_err(|error| no_answer().because(error))?;
                if let Ok(piece) = frame.into_data() {
                    out::bytes(&piece)?;
                }
            }
            Ok(())
        })
    }

    fn value(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Problem> {
        let bytes = self.runtime.block_on(self.exchange(method, path, body))?;
        if bytes.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&bytes).map_err(|error| no_answer().because(error))
    }

    fn request(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Request<Body>, Problem> {
        Request::builder()
            .method(method)
            .uri(format!("/api/v1{path}"))
            .header(header::HOST, "localhost")
            .header(header::ACCEPT_LANGUAGE, self.lang.code())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body.map_or_else(Body::empty, |body| Body::from(body.to_string())))
            .map_err(|error| no_answer().because(error))
    }

    /// Sends a request, and takes its answer.
    pub(crate) async fn exchange(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Vec<u8>, Problem> {
        let request = self.request(method, path, body)?;
        let (status, bytes) = match &self.door {
            Door::Ours(router) => {
                let response = router.as_ref().clone().oneshot(request).await.map_err(|never| match never {})?;
                let status = response.status();
                let limited = http_body_util::Limited::new(response.into_body(), ANSWER_BYTES_MAX);
                (status, limited.collect().await.map_err(|error| no_answer().because(error))?.to_bytes().to_vec())
            }
            Door::Socket(socket) => {
                local::ask(socket, request, ANSWER_BYTES_MAX).await.map_err(|error| no_answer().because(error))?
            }
        };
        if status.is_success() { Ok(bytes) } else { Err(refusal(&bytes)) }
    }
}

/// The data directory that was asked for, or the usual one.
pub(crate) fn data_path(data: Option<&Path>) -> Result<PathBuf, Problem> {
    match data {
        Some(path) => Ok(path.to_owned()),
        None => DataDir::default_path().map_err(Explain::explain),
    }
}

/// A runtime for asynchronous work.
pub(crate) fn runtime() -> Result<tokio::runtime::Runtime, Problem> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| {
        Problem::new(
            Kind::Environment,
            text!(
                en "The system gives us no threads",
                fr "Le système ne nous accorde aucun fil d’exécution",
                de "Das System gibt uns keine Threads",
            ),
        )
        .because(error)
    })
}

/// What the platform said, already in the caller's language.
fn refusal(bytes: &[u8]) -> Problem {
    let Ok(body) = serde_json::from_slice::<Value>(bytes) else { return no_answer() };
    let word = |name: &str| body["error"][name].as_str().map(Text::same);
    let Some(said) = word("said") else { return no_answer() };
    let problem = Problem::new(Kind::User, said);
    match word("hint") {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

fn no_answer() -> Problem {
    Problem::new(
        Kind::Environment,
        text!(
            en "The platform on this data directory does not answer",
            fr "La plateforme qui utilise ce répertoire de données ne répond pas",
            de "Die Plattform auf diesem Datenverzeichnis antwortet nicht",
        ),
    )
    .hint(text!(
        en "is it still starting, or of another version? Try again, or stop it first",
        fr "démarre-t-elle encore, ou est-elle d’une autre version ? Réessayez, ou arrêtez-la d’abord",
        de "startet sie noch, oder ist es eine andere Version? Versuchen Sie es erneut oder beenden Sie sie zuerst",
    ))
}

/// The directory is there, or may be, and we may not look into it.
fn not_entered(path: &Path, error: std::io::Error) -> Problem {
    let path = path.display();
    let problem = Problem::new(
        Kind::Environment,
        text!(
            en "{path} cannot be looked into",
            fr "impossible de regarder dans {path}",
            de "{path} lässt sich nicht einsehen",
        ),
    );
    let hint = text!(
        en "run it as the user that Vigie runs as",
        fr "exécutez la commande sous l’utilisateur de Vigie",
        de "führen Sie den Befehl als der Benutzer aus, unter dem Vigie läuft",
    );
    problem.hint(hint).because(error)
}

fn nothing_there(path: &Path) -> Problem {
    let path = path.display();
    Problem::new(
        Kind::User,
        text!(
            en "There is no data of Vigie in {path}",
            fr "Aucune donnée de Vigie dans {path}",
            de "In {path} liegen keine Daten von Vigie",
        ),
    )
    .hint(text!(
        en "start it with `vigie up`, or name another folder with --data",
        fr "démarrez-la avec `vigie up`, ou indiquez un autre répertoire avec --data",
        de "starten Sie mit `vigie up`, oder nennen Sie mit --data einen anderen Ordner",
    ))
}
