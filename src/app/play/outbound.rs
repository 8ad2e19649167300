//! Asks the gateway for a call as staff do: by its API, with a key, the party's consent, and an idempotency key.

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::app::stage::Stage;
use crate::http::rfc3339;
use crate::sim::scenario::Outbound;
use crate::types::{CallId, OrgId};

/// Sends the request twice, as a client does that saw no answer: the second one must ring nobody.
pub(super) async fn order(
    stage: &Stage,
    org: &OrgId,
    order: &Outbound,
    problems: &mut Vec<String>,
) -> anyhow::Result<CallId> {
    let url = format!("http://{}/api/call/start", stage.gateway.addr());
    let key = stage.admin_key().context("the API's key is unknown: the database is not fresh")?;
    let at = rfc3339(stage.clock.wall()).context("a time that cannot be written")?;
    let body = json!({
        "org_id": org.as_str(),
        "to": order.to,
        "consent": { "basis": order.basis, "at": at, "by": "the demonstration" },
    });
    let client = reqwest::Client::builder().no_proxy().build()?;
    let send = async || -> anyhow::Result<(u16, Value)> {
        let request = client.post(&url).bearer_auth(key.expose()).header("idempotency-key", "scenario-1");
        let answer = request.header("content-type", "application/json").body(body.to_string()).send().await?;
        Ok((answer.status().as_u16(), serde_json::from_slice(&answer.bytes().await?)?))
    };
    let (status, answer) = send().await?;
    ensure!(status == 200, "the call is refused with {status}: {answer}");
    let call = answer["call_id"].as_str().context("no call_id")?.parse()?;
    let again = send().await?;
    if again != (status, answer) {
        problems.push(format!("the same request again is answered otherwise: {again:?}"));
    }
    Ok(call)
}
