//! What `serve` says at its start: what it is connected to, what to paste where, and what is missing.

use std::io::{self, Write};

use crate::app::{Gateway, descriptors};
use crate::config::{Access, Config};
use crate::ports::store::{Directory as _, StoreError};

/// Titles and what they say; a title may have several lines.
pub(super) struct Banner {
    lines: Vec<(&'static str, String)>,
    missing: Vec<String>,
}

impl Banner {
    pub(super) async fn new(config: &Config, gateway: &Gateway) -> Self {
        let mut banner = Self { lines: Vec::new(), missing: Vec::new() };
        banner.add("listening", format!("http://{}", gateway.addr()));
        banner.telephony(config, gateway);
        banner.model(config);
        if let Some(proxy) = &config.network.proxy {
            let text = format!("REST and the model are reached through {}:{}", proxy.host(), proxy.port());
            banner.add("proxy", text);
        }
        let store = gateway.store();
        banner.add("database", format!("{} at {}", store.kind(), store.place()));
        let data = &config.storage.data_dir;
        banner.add("data", std::path::absolute(data).unwrap_or_else(|_| data.clone()).display().to_string());
        banner.numbers(gateway).await;
        banner.descriptors(config);
        banner
    }

    fn add(&mut self, title: &'static str, text: String) {
        self.lines.push((title, text));
    }

    fn telephony(&mut self, config: &Config, gateway: &Gateway) {
        let telephony = &config.telephony;
        let checks = match (telephony.validate, telephony.auth_tokens.is_empty() && telephony.shared_keys.is_empty()) {
            (false, _) => "signatures are NOT checked (TWILIO_VALIDATE=off)",
            (true, true) => "CLOSED: no webhook can be checked",
            (true, false) => "signatures checked",
        };
        let account = match &telephony.account {
            Some(account) => format!("Twilio account {account}"),
            None => "Twilio, any account".to_owned(),
        };
        let hang_up =
            if gateway.has_carrier() { "calls are ended by REST" } else { "no REST: calls end with their stream" };
        self.add("calls", format!("{account}; {checks}; {hang_up}"));
        let origin = gateway.origin();
        self.add("webhooks", format!("a call comes in     {origin}/twilio/voice      (HTTP POST)"));
        self.add("", format!("primary fails       {origin}/twilio/fallback   (HTTP POST)"));
        self.add("", format!("status changes      {origin}/twilio/status     (HTTP POST)"));
        if telephony.validate && telephony.auth_tokens.is_empty() && telephony.shared_keys.is_empty() {
            self.missing.push("TWILIO_AUTH_TOKEN: until it is set, every Twilio route answers 503".to_owned());
        }
        if telephony.account.is_none() {
            self.missing.push("TWILIO_ACCOUNT_SID: webhooks of any account are taken, and there is no REST".to_owned());
        }
        if config.server.is_loopback() {
            self.missing.push("PUBLIC_BASE_URL: only this machine can call".to_owned());
        }
    }

    fn model(&mut self, config: &Config) {
        let model = &config.model;
        match &model.access {
            Access::Key(_) => {
                let at = model.realtime_url.as_str();
                let text = format!("{} at {at}, voice {}, {}", model.model, model.voice, model.audio_format);
                self.add("model", text);
            }
            Access::Simulated => {
                self.add("model", "SIMULATED: the built-in script answers, whatever the caller says".to_owned());
                self.missing.push("OPENAI_API_KEY: no real model answers".to_owned());
            }
        }
        if let Some(dir) = &model.log_dir {
            let text = format!("every model event goes to {} (REALTIME_LOG_DIR), with what is said", dir.display());
            self.add("attention", text);
        }
    }

    async fn numbers(&mut self, gateway: &Gateway) {
        match owned_numbers(gateway).await {
            Ok((orgs, numbers)) => {
                self.add("numbers", format!("{numbers}, owned by organizations; there are {orgs} of these"))
            }
            Err(error) => tracing::warn!(%error, "the organizations cannot be counted"),
        }
        match gateway.default_org() {
            Some(org) => self.add("", format!("all others go to `{org}`")),
            None => self.missing.push("DEFAULT_ORG: callers of a number that nobody owns are told so".to_owned()),
        }
    }

    /// Callers beyond what the system allows would lose the model, or hear nothing at all.
    fn descriptors(&mut self, config: &Config) {
        let limit = descriptors::limit();
        if let (Some(calls), Some(wanted)) = (config.limits.calls, descriptors::wanted(config.limits.calls))
            && limit < wanted
        {
            let text = format!(
                "this process may have {limit} file descriptors, too few for CALLS_MAX={calls}: allow {wanted} (ulimit -n, \
                 LimitNOFILE=), or set CALLS_MAX lower"
            );
            self.add("attention", text);
            tracing::warn!(limit, wanted, calls_max = calls, "too few file descriptors for CALLS_MAX");
        }
    }

    /// For people.
    pub(super) fn print(&self, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "\nSwitchboard {}\n", env!("CARGO_PKG_VERSION"))?;
        for (title, text) in &self.lines {
            writeln!(out, "  {title:<11} {text}")?;
        }
        for (index, text) in self.missing.iter().enumerate() {
            writeln!(out, "  {:<11} {text}", if index == 0 { "missing" } else { "" })?;
        }
        writeln!(out)
    }

    /// For machines.
    pub(super) fn log(&self) {
        for (title, text) in &self.lines {
            tracing::info!(what = title, text, "started");
        }
        for text in &self.missing {
            tracing::warn!(text, "missing");
        }
    }
}

async fn owned_numbers(gateway: &Gateway) -> Result<(usize, usize), StoreError> {
    let orgs = gateway.store().orgs().await?;
    let mut numbers = 0;
    for row in &orgs {
        if let Ok(id) = row.id.parse() {
            numbers += gateway.store().numbers(&id).await?.len();
        }
    }
    Ok((orgs.len(), numbers))
}
