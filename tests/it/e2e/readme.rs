//! Every command of the README, run as it stands: a sentence that can be run must be true.

use std::path::Path;
use std::process::{Command, Output};

use reqwest::Method;
use serde_json::{Value, json};
use switchboard::app::stage::ACCOUNT;
use switchboard::sim::carrier::Person;
use switchboard::sim::carrier::company::Beat;
use switchboard::types::LegId;

use crate::e2e::child::Gateway;
use crate::e2e::ground::{Folder, PATIENCE, company_until, eventually};
use crate::e2e::outside::{Outside, TOKEN, patient_model, talking};
use crate::e2e::stored::call_of;
use crate::e2e::ward::beats;

const README: &str = include_str!("../../../README.md");

/// Where the README's gateway listens.
const README_URL: &str = "http://127.0.0.1:8080";

/// The code blocks of this language, without the indentation of a list.
fn blocks(language: &str) -> Vec<String> {
    let mut blocks = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for line in README.lines() {
        let indent = line.len() - line.trim_start().len();
        match &mut open {
            Some((_, block)) if line.trim() == "```" => {
                blocks.push(std::mem::take(block));
                open = None;
            }
            Some((indent, block)) => {
                block.push_str(line.get(*indent..).unwrap_or_default());
                block.push('\n');
            }
            None if line.trim() == format!("```{language}") => open = Some((indent, String::new())),
            None => {}
        }
    }
    assert!(open.is_none() && !blocks.is_empty());
    blocks
}

/// `NAME=value`, and nothing else.
fn is_setting(line: &str) -> bool {
    let name = line.split('=').next().unwrap_or_default();
    line.contains('=') && !name.is_empty() && name.chars().all(|char| char.is_ascii_uppercase() || char == '_')
}

/// A request that a block would make with curl.
#[derive(Debug)]
struct Request {
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<String>,
}

impl Request {
    /// Of curl's arguments.
    fn read(arguments: &[&str]) -> Self {
        let mut request = Self { method: Method::GET, url: String::new(), headers: Vec::new(), body: None };
        let (mut method, mut rest) = (None, arguments.iter());
        while let Some(argument) = rest.next() {
            let mut value = || (*rest.next().unwrap()).to_owned();
            match *argument {
                "-H" => {
                    let header = value();
                    let (name, value) = header.split_once(": ").unwrap();
                    request.headers.push((name.to_owned(), value.to_owned()));
                }
                "-X" => method = Some(value().parse().unwrap()),
                "-d" => request.body = Some(value()),
                url if url.starts_with("http") => url.clone_into(&mut request.url),
                other => panic!("curl knows {other}, this test does not"),
            }
        }
        let default = if request.body.is_some() { Method::POST } else { Method::GET };
        request.method = method.unwrap_or(default);
        request
    }
}

/// What a newcomer has before them: a folder, a gateway that runs in it, and a shell.
struct Desk<'a> {
    folder: &'a Path,
    settings: Vec<(&'static str, String)>,
    url: String,
    client: reqwest::Client,
}

impl Desk<'_> {
    /// Runs lines in a shell where `switchboard` is this build's, and `curl` only tells what it would ask for.
    fn shell(&self, lines: &str) -> Output {
        let curl = r#"curl() { for word in "$@"; do printf '%s\0' "$word"; done; printf '\0'; }"#;
        let program = env!("CARGO_BIN_EXE_switchboard");
        let lines = lines.replace(README_URL, &self.url);
        let script = format!("set -eu\n{curl}\nswitchboard() {{ '{program}' \"$@\"; }}\n{lines}");
        let mut bash = Command::new("bash");
        bash.args(["-c", &script]).current_dir(self.folder).env_clear();
        bash.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        bash.env("BIND", self.url.trim_start_matches("http://"));
        bash.envs(self.settings.iter().map(|(name, value)| (*name, value)));
        bash.output().unwrap()
    }

    /// The same, and it must succeed. Its standard output.
    fn must(&self, lines: &str) -> String {
        let output = self.shell(lines);
        let (told, complaint) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{lines}\n{told}{complaint}");
        told
    }

    /// The requests of a block, in order.
    fn requests(&self, block: &str) -> Vec<Request> {
        let names: String = blocks("sh").iter().flat_map(|block| block.lines()).filter(|line| is_setting(line)).fold(
            String::new(),
            |names, line| {
                if line.contains("...") || line.contains("gw.example") { names } else { names + line + "\n" }
            },
        );
        let told = self.must(&(names + block));
        let words: Vec<&str> = told.split('\0').collect();
        words.split(|word| word.is_empty()).filter(|call| !call.is_empty()).map(Request::read).collect()
    }

    async fn send(&self, request: &Request, call: &str) -> (u16, Value) {
        let url = request.url.replace("CALL_ID", call);
        let mut asked = self.client.request(request.method.clone(), &url);
        for (name, value) in &request.headers {
            asked = asked.header(name, value);
        }
        if let Some(body) = &request.body {
            asked = asked.body(body.replace("CALL_ID", call));
            if !request.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
                // As curl does.
                asked = asked.header("Content-Type", "application/x-www-form-urlencoded");
            }
        }
        let answer = asked.send().await.unwrap();
        let status = answer.status().as_u16();
        (status, answer.json().await.unwrap_or_default())
    }

    async fn configure(&self, config: &Value) {
        let key = std::fs::read_to_string(self.folder.join("data/admin.key")).unwrap();
        let asked = self.client.post(format!("{}/api/org/config/demo", self.url)).bearer_auth(key.trim());
        let answer = asked.json(&json!({ "config": config })).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
    }

    async fn get(&self, path: &str) -> Value {
        let key = std::fs::read_to_string(self.folder.join("data/admin.key")).unwrap();
        let answer = self.client.get(format!("{}{path}", self.url)).bearer_auth(key.trim()).send().await.unwrap();
        answer.json().await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_of_the_readme_is_answered_as_it_says() {
    let folder = Folder::new("readme");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let outside = Outside::start(patient_model()).await;
    for number in ["+12025550121", "+12025550122", "+12025550177"] {
        outside.carrier.add_person(number, Person::busy());
    }
    let mut settings = outside.settings(folder.path(), &url);
    settings.push(("OPENAI_BASE_URL", outside.model.rest_base()));
    let _gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    let client = reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap();
    let desk = Desk { folder: folder.path(), settings, url: format!("http://{}", outside.gateway), client };

    // The settings that it shows, and a number to show to whom we call.
    desk.must("switchboard org number add demo +12025550100");
    let shown: Vec<Value> = blocks("json").iter().map(|block| serde_json::from_str(block).unwrap()).collect();
    assert_eq!(shown.len(), 1);
    desk.configure(&shown[0]).await;
    // Whatever the time is where the clinic is.
    desk.configure(&json!({ "hours": "always" })).await;

    let mut asked = 0;
    for (number, block) in blocks("sh").iter().enumerate().filter(|(_, block)| block.contains("curl ")) {
        let leg = outside.carrier.place_call(talking(number as u32)).leg;
        let mut call = begun(&outside, &url, &leg).await;
        for request in desk.requests(block) {
            if request.url.contains("/api/callbacks/") {
                call = with_callback(&desk).await;
            }
            let (status, answer) = desk.send(&request, &call).await;
            let nothing_to_call_off = request.url.ends_with("/return") && status == 409;
            assert!((200..300).contains(&status) || nothing_to_call_off, "{request:?}: {status} {answer}");
            if request.url.ends_with("/call/start") && answer["status"] == "in_progress" {
                // What follows is about this session.
                answer["call_id"].as_str().unwrap().clone_into(&mut call);
            }
            if request.url.ends_with("/escalate") {
                with_callback(&desk).await;
            }
            asked += 1;
        }
    }
    let written = blocks("sh");
    assert_eq!(asked, written.iter().flat_map(|block| block.lines()).filter(|line| line.starts_with("curl ")).count());
    outside.hang_up_all();
}

/// The call's id, once its stream is up.
async fn begun(outside: &Outside, url: &str, leg: &LegId) -> String {
    company_until("a stream", &outside.carrier, |carrier| {
        beats(&carrier.report(), leg, |beat| *beat == Beat::Streaming) > 0
    })
    .await;
    eventually(async || call_of(url, leg).await.ok_or("a row")).await.to_string()
}

/// A call whose caller is to be called back, since everybody was busy.
async fn with_callback(desk: &Desk<'_>) -> String {
    eventually(async || {
        let open = desk.get("/api/callbacks?org_id=demo").await;
        open["callbacks"][0]["call_id"].as_str().map(str::to_owned).ok_or(open)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_line_of_the_readme_runs() {
    let folder = Folder::new("readme-commands");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let outside = Outside::start(patient_model()).await;
    let settings = outside.settings(folder.path(), &url);
    let _gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let desk = Desk { folder: folder.path(), settings, url: format!("http://{}", outside.gateway), client };
    let make = |target: &str| {
        let run = Command::new("make").args(["--dry-run", target]).current_dir(env!("CARGO_MANIFEST_DIR")).output();
        assert!(run.unwrap().status.success(), "make {target}");
    };

    for block in blocks("sh").iter().filter(|block| !block.contains("curl ")) {
        if block.lines().all(is_setting) {
            let whole = block.replace("AC...", ACCOUNT).replace("=...", &format!("={TOKEN}"));
            let shown = desk.must(&format!("set -a\n{whole}\nswitchboard config show"));
            let names = block.lines().map(|line| line.split('=').next().unwrap());
            names.for_each(|name| assert!(shown.contains(name), "{name}: {shown}"));
            continue;
        }
        for line in block.lines().filter(|line| !line.trim().is_empty()) {
            match line.strip_prefix("make ") {
                Some(rest) => make(rest.split_whitespace().next().unwrap()),
                None => drop(desk.must(line)),
            }
        }
    }

    let scenarios = desk.must("switchboard demo --list");
    let commands = README.split('`').skip(1).step_by(2).filter(|code| code.starts_with("switchboard "));
    let mut ran = 0;
    for command in commands.filter(|command| !command.contains("COMMAND") && !command.contains('.')) {
        match command.split_once("--scenario ") {
            Some((_, scenario)) => assert!(scenarios.contains(scenario), "{scenario}: {scenarios}"),
            None => drop(desk.must(command)),
        }
        ran += 1;
    }
    assert!(ran >= 4, "{ran}");

    let (_, table) = README.split_once("## Commands").unwrap();
    let rows =
        table.lines().skip_while(|line| !line.starts_with("| ---")).skip(1).take_while(|line| line.starts_with('|'));
    let named: Vec<&str> = rows.flat_map(|row| row.split('|').nth(1).unwrap().split('`').skip(1).step_by(2)).collect();
    assert!(named.len() >= 14, "{named:?}");
    for command in named {
        desk.must(&format!("switchboard {command} --help"));
    }
    for command in
        ["migrate", "org list", "org show demo", "org number list demo", "key list", "health", "completions bash"]
    {
        desk.must(&format!("switchboard {command}"));
    }
    desk.must("switchboard key revoke NAME");

    // Exit codes.
    let code = |line: &str| desk.shell(line).status.code().unwrap();
    assert_eq!(code("switchboard demo --scenario nothing-like-it"), 2);
    assert_eq!(code("switchboard no-such-command"), 2);
    assert_eq!(code("CALLS_MAX=many switchboard config show"), 3);
    assert_eq!(code("BIND=127.0.0.1:9 switchboard health"), 4);
}
