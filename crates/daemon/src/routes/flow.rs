// SPDX-License-Identifier: MIT
//! Connections: listed and killed. The owner only reads the tables; a full one is sorted, filtered
//! and written on another thread.

use super::{Answer, Asked, Failure, Service};
use crate::ban::Moment;
use crate::command::{Change, Command};
use crate::ending;
use crate::flow::{
    Filter, Stand, Tables, Whereabouts, by_id, ends, groups as grouped, list as listed, pick,
};
use aegis_abi::Tuple;
use aegis_api::{
    ApiError, EndedSockets, ErrorCode, FlowGroupParameters, FlowGroupQuery, FlowParameters,
    FlowQuery, KillAnswer, KillRequest,
};
use aegis_engine::FlowEntry;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::net::IpAddr;
use std::sync::Arc;

/// Connections that the owner kills, or tells of, in one go, so that it gets to other things in between.
const CHUNK: usize = 1_024;
/// Of so few, sockets end before packets are dropped: then their resets still reach the peers, who
/// need not wait to find out.
const FEW: usize = 16;

pub(super) async fn list(
    State(service): State<Service>,
    query: Result<Query<FlowParameters>, QueryRejection>,
) -> Result<Response, Failure> {
    let query = FlowQuery::from(parameters(query, "sort, reverse and limit")?);
    // What makes no sense need not wait for the tables.
    let filter = Filter::parse(&query.filter)?;
    let tables = service.ask(Command::Flows).await?;
    let filter = judged(&service, filter, &tables).await?;
    let (mut picked, tables, query) = beside(move || {
        let picked = pick(&tables, (&query, &filter), &mut Whereabouts::new());
        Ok((picked, tables, query))
    })
    .await?;
    let mut stands = stands(&service, &picked.entries).await?;
    if query.sort.needs_standing() {
        (picked, stands) = beside(move || Ok(picked.ranked(stands, &query))).await?;
    }
    let answer = move || listed(&picked, &tables, &stands, &Moment::now());
    json(move || Ok(answer())).await
}

/// A filter that knows how connections stand, where it takes that.
async fn judged(service: &Service, filter: Filter, tables: &Tables) -> Result<Filter, ApiError> {
    if !filter.needs_standing() {
        return Ok(filter);
    }
    let now = Arc::clone(&tables.now);
    let (filter, flows) = beside(move || {
        let mut whereabouts = Whereabouts::new();
        let all = now.entries.iter();
        let agreeing = all.filter(|entry| filter.matches(entry, &mut whereabouts));
        let agreeing: Vec<FlowEntry> = agreeing.copied().collect();
        Ok((filter, agreeing))
    })
    .await?;
    let stands = stands(service, &flows).await?;
    Ok(filter.judged(&flows, &stands))
}

/// How each of these connections stands.
async fn stands(service: &Service, flows: &[FlowEntry]) -> Result<Vec<Stand>, ApiError> {
    let mut stands = Vec::with_capacity(flows.len());
    for chunk in flows.chunks(CHUNK) {
        let ask = |reply| Command::Stands(chunk.to_vec(), reply);
        stands.extend(service.ask(ask).await?);
    }
    Ok(stands)
}

pub(super) async fn groups(
    State(service): State<Service>,
    query: Result<Query<FlowGroupParameters>, QueryRejection>,
) -> Result<Response, Failure> {
    let query = FlowGroupQuery::from(parameters(query, "by, sort, reverse and limit")?);
    let filter = Filter::parse(&query.filter)?;
    let tables = service.ask(Command::Flows).await?;
    let filter = judged(&service, filter, &tables).await?;
    json(move || Ok(grouped(&tables, (&query, &filter), &mut Whereabouts::new()))).await
}

fn parameters<T>(query: Result<Query<T>, QueryRejection>, others: &str) -> Result<T, ApiError> {
    let Query(parameters) = query.map_err(|rejection| {
        let next = format!(
            "state, proto, src, dst, peer, port, country, asn, direction, verdict, text, {others} are known"
        );
        ApiError::new(ErrorCode::InvalidRequest, rejection.body_text()).next(next)
    })?;
    Ok(parameters)
}

/// An answer that takes a while to make, and to write.
pub(super) async fn json<T: Serialize>(
    answer: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<Response, Failure> {
    let written = beside(move || {
        let failed = |error| ApiError::new(ErrorCode::Failed, error);
        serde_json::to_vec(&answer()?).map_err(failed)
    });
    let kind = [(header::CONTENT_TYPE, "application/json")];
    Ok((kind, written.await?).into_response())
}

/// Connections that are to end, and what they are in a log.
struct Doomed {
    flows: Vec<Tuple>,
    spared: usize,
    which: String,
}

pub(super) async fn kill(State(service): State<Service>, asked: Asked) -> Answer<KillAnswer> {
    let request: KillRequest = asked.permitted()?;
    let doomed = doomed(&service, &request)
        .await
        .inspect_err(|error| asked.refused(request.id.as_deref().unwrap_or_default(), error))?;
    let mut sockets = EndedSockets::default();
    let few = doomed.flows.len() <= FEW;
    if few {
        sockets = ending::of_flows(&doomed.flows).await;
    }
    let mut killed = 0;
    for chunk in doomed.flows.chunks(CHUNK) {
        let (flows, which) = (chunk.to_vec(), doomed.which.clone());
        let change = |reply| Change::Kill(flows, which, reply);
        killed += service.order(asked.peer(), change).await?;
    }
    if !few {
        sockets = ending::of_flows(&doomed.flows).await;
    }
    if killed == 0 && sockets.ended == 0 {
        return Err(nothing(&doomed).into());
    }
    Ok(Json(KillAnswer {
        killed,
        spared: doomed.spared,
        sockets,
    }))
}

fn nothing(doomed: &Doomed) -> ApiError {
    let (message, next) = match doomed.spared {
        0 => (
            format!("there is no connection {}", doomed.which),
            "list them: aegis-cli flows",
        ),
        _ => (
            "only the connections of your own session are like that".to_owned(),
            "use --force if you mean it",
        ),
    };
    ApiError::new(ErrorCode::NotFound, message).next(next)
}

async fn doomed(service: &Service, request: &KillRequest) -> Result<Doomed, ApiError> {
    let filter = Filter::parse(&request.filter)?;
    match (&request.id, filter.is_empty()) {
        (Some(id), true) => Ok(Doomed {
            flows: vec![by_id(id)?],
            spared: 0,
            which: id.clone(),
        }),
        (None, false) => {
            let tables = service.ask(Command::Flows).await?;
            let filter = judged(service, filter, &tables).await?;
            let session = request.session_peer.filter(|_| !request.force);
            beside(move || {
                let mut whereabouts = Whereabouts::new();
                let all = tables.now.entries.iter();
                let matching = all.filter(|entry| filter.matches(entry, &mut whereabouts));
                let matching = matching.map(|entry| entry.tuple);
                let (spared, flows): (Vec<Tuple>, Vec<Tuple>) =
                    matching.partition(|tuple| is_with(tuple, session));
                Ok(Doomed {
                    flows,
                    spared: spared.len(),
                    which: "that the filter lets through".to_owned(),
                })
            })
            .await
        }
        (Some(_), false) | (None, true) => {
            let message = "either one connection by its id or at least one filter is needed";
            let next = "kill tcp/PEER:PORT/LOCAL:PORT, or kill --peer ADDR";
            Err(ApiError::new(ErrorCode::InvalidRequest, message).next(next))
        }
    }
}

fn is_with(tuple: &Tuple, session: Option<IpAddr>) -> bool {
    let peer = ends(tuple).map(|(peer, _)| peer.ip());
    session.is_some_and(|session| peer == Some(session.to_canonical()))
}

/// Runs work that takes a while without holding up anything else.
pub(super) async fn beside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, ApiError> + Send + 'static,
) -> Result<T, ApiError> {
    let worked = tokio::task::spawn_blocking(work).await;
    worked.map_err(|stopped| ApiError::new(ErrorCode::Failed, stopped))?
}
