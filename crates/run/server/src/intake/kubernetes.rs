//! The audit webhook of Kubernetes: the API server sends lists of events.
//!
//! Specified in <https://kubernetes.io/docs/tasks/debug/debug-cluster/audit/#webhook-backend>. The server is told where to
//! send by a kubeconfig, whose token this is; `?cluster=NAME` in its address says which cluster it is.

use super::{Received, Trouble};
use crate::platform::Platform;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use std::collections::BTreeMap;
use std::sync::Arc;
use vigie_collect::intake::kubernetes;

/// The source's name.
const PROTOCOL: &str = "kubernetes-audit";

pub(super) fn routes() -> Router<Arc<Platform>> {
    Router::new().route("/kubernetes/audit", post(audit))
}

async fn audit(
    State(platform): State<Arc<Platform>>,
    Query(mut said): Query<BTreeMap<String, String>>,
    request: Request,
) -> Response {
    let cluster = said.remove("cluster");
    let taken = async {
        let received = Received::of(&platform, PROTOCOL, request).await?;
        let taken = received.take(move |body, taking| {
            kubernetes::decode(body, cluster.as_deref(), &mut |record| taking.put(record)).map_err(|error| error.to_string())
        });
        taken.await?.map_err(Trouble::Malformed)
    };
    match taken.await {
        Ok(()) => StatusCode::OK.into_response(),
        Err(trouble) => {
            trouble.answer(|_, _, said| ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], said.en).into_response())
        }
    }
}
