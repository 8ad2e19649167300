//! The program itself: what it prints, how it ends, and with which exit code.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;

use super::Folder;

/// The program in an empty folder, with nothing of this machine's environment.
fn switchboard(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_switchboard"));
    command.env_clear().current_dir(folder).stdin(Stdio::null());
    command
}

fn run(folder: &Path, line: &str) -> Output {
    switchboard(folder).args(line.split(' ')).output().unwrap()
}

fn code(output: &Output) -> i32 {
    output.status.code().unwrap()
}

#[track_caller]
fn said(output: &Output) -> &str {
    assert_eq!(code(output), 0, "{}", String::from_utf8_lossy(&output.stderr));
    std::str::from_utf8(&output.stdout).unwrap()
}

#[test]
fn organizations_numbers_and_keys_are_made_and_listed() {
    let folder = Folder::new();
    let run = |line| run(folder.path(), line);
    let migrated = run("migrate");
    assert!(said(&migrated).ends_with(&format!(": schema version {}\n", switchboard::store::migrations::NEWEST)));
    said(&run("org add north --name North"));
    said(&run("org number add north +15550100"));
    assert_eq!(said(&run("org number list north")), "+15550100\n");
    let list: Value = serde_json::from_str(said(&run("org list --json"))).unwrap();
    assert_eq!(list[0]["id"], "demo", "a fresh database has the demonstration's organization");
    assert_eq!((&list[1]["id"], &list[1]["numbers"][0]), (&"north".into(), &"+15550100".into()));
    let shown: Value = serde_json::from_str(said(&run("org show north"))).unwrap();
    assert_eq!(shown["name"], "North");
    assert!(said(&run("key add desk")).starts_with("sb_"));
    assert_eq!(code(&run("org show south")), 2);
    assert_eq!(code(&run("org number add south +15550100")), 2);
}

#[test]
fn commands_say_which_database_and_do_not_make_one() {
    let folder = Folder::new();
    let run = |line| run(folder.path(), line);
    let file = folder.path().canonicalize().unwrap().join("switchboard.db");
    for line in ["org list", "org add north --name North", "org number add north +15550100", "key add desk"] {
        let output = run(line);
        assert_eq!(code(&output), 1, "{line}");
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(complaint.contains(&file.display().to_string()), "{line}: {complaint}");
        assert!(output.stdout.is_empty() && !file.exists(), "{line} makes no database");
    }
    assert!(said(&run("migrate")).contains(&file.display().to_string()));
    let output = run("key add desk");
    assert!(said(&output).starts_with("sb_"));
    assert!(String::from_utf8_lossy(&output.stderr).contains(&file.display().to_string()));
    // A directory, and a folder that is not there.
    std::fs::create_dir(folder.path().join("folder")).unwrap();
    for wrong in ["folder", "nowhere/calls.db"] {
        let line = format!("migrate --database-url sqlite://{wrong}");
        let output = switchboard(folder.path()).args(line.split(' ')).output().unwrap();
        let path = folder.path().canonicalize().unwrap().join(wrong);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(code(&output) == 1 && complaint.contains(&path.display().to_string()), "{complaint}");
    }
}

#[test]
fn keys_have_names_of_their_own_and_can_be_taken_back() {
    let folder = Folder::new();
    let run = |line: &str| run(folder.path(), line);
    said(&run("migrate"));
    let key = said(&run("key add desk")).trim().to_owned();
    assert_eq!(code(&run("key add desk")), 2, "the name is taken");
    assert_eq!(code(&Command::new(env!("CARGO_BIN_EXE_switchboard")).args(["key", "add", " "]).output().unwrap()), 2);
    let list: Value = serde_json::from_str(said(&run("key list --json"))).unwrap();
    assert_eq!((list.as_array().unwrap().len(), &list[0]["name"]), (1, &"desk".into()));
    let id = list[0]["id"].as_str().unwrap();
    assert_eq!(said(&run("key list")), format!("{id}  desk\n"));
    assert!(!key.contains(id), "the id is no part of the key");
    assert_eq!(code(&run("key revoke front")), 2);
    said(&run(&format!("key revoke {id}")));
    assert_eq!(said(&run("key list")), "");
    said(&run("key add desk"));
    said(&run("key revoke desk"));
    assert_eq!(said(&run("key list --json")), "[]\n");
}

#[test]
fn what_does_not_work_has_its_exit_code() {
    let folder = Folder::new();
    let run = |line| run(folder.path(), line);
    assert_eq!(code(&run("answer")), 2);
    assert_eq!(code(&run("demo --scenario nobody-knows")), 2);
    assert_eq!(code(&run("serve --bind nowhere")), 3);
    assert_eq!(code(&run("serve --public-base-url https://gw.example.com")), 3, "nobody real may talk to a simulation");
    assert_eq!(code(&run("health --url http://127.0.0.1:9")), 4);
    std::fs::write(folder.path().join("broken.db"), "this is no database").unwrap();
    assert_eq!(code(&run("migrate --database-url sqlite://broken.db")), 1);
    assert!(said(&run("demo --list")).lines().count() >= 5);
}

#[test]
fn a_demo_says_how_it_went_in_json() {
    let folder = Folder::new();
    let mut demo = switchboard(folder.path());
    demo.args("demo --scenario hang-up-mid-word --json --format pcmu --data-dir kept".split(' '));
    // The machine's proxies are none of its business.
    demo.envs(["HTTP_PROXY", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"].map(|name| (name, "http://127.0.0.1:9")));
    let output = demo.output().unwrap();
    let result: Value = serde_json::from_str(said(&output)).unwrap();
    assert_eq!((&result["ok"], &result["outcome"]), (&true.into(), &"caller_hung_up".into()));
    assert_eq!(result["transcript"][0]["speaker"], "agent");
    assert!(folder.path().join("kept/switchboard.db").exists());
    must_have_sound_on_both_sides(Path::new(result["wav"].as_str().unwrap()));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// The caller on the left, the assistant on the right, at 8 kHz.
fn must_have_sound_on_both_sides(wav: &Path) {
    let mut reader = hound::WavReader::open(wav).unwrap();
    let hound::WavSpec { channels, sample_rate, bits_per_sample, .. } = reader.spec();
    assert_eq!((channels, sample_rate, bits_per_sample), (2, 8000, 16));
    let samples: Vec<i16> = reader.samples().map(Result::unwrap).collect();
    let loud = |side: usize| samples.iter().skip(side).step_by(2).filter(|sample| sample.unsigned_abs() > 1000).count();
    assert!(loud(0) > 800 && loud(1) > 800, "{} samples: {} and {} are loud", samples.len(), loud(0), loud(1));
}

#[test]
fn a_gateway_says_what_is_missing_takes_calls_and_stops_when_told() {
    let folder = Folder::new();
    let mut serving = switchboard(folder.path());
    serving.args(["serve", "--bind", "127.0.0.1:0"]).env("https_proxy", "http://me:secret@127.0.0.1:9");
    let mut serving = serving.stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(serving.stderr.take().unwrap()).lines().map(Result::unwrap);
    let mut log = String::new();
    let url = loop {
        let line = lines.next().expect("it says where it listens");
        log.push_str(&line);
        log.push('\n');
        if let Some(("listening", url)) = line.trim().split_once("   ") {
            break url.trim().to_owned();
        }
    };
    let healthy = run(folder.path(), &format!("health --wait --timeout 60 --url {url}"));
    // What this machine lacks, such as room on its disk, makes it the other one.
    assert!(["ready", "degraded"].iter().any(|state| said(&healthy).contains(state)));
    let key = std::fs::read_to_string(folder.path().join("data/admin.key")).unwrap();
    let stop = Command::new("kill").args(["-TERM", &serving.id().to_string()]).status().unwrap();
    assert!(stop.success());
    lines.for_each(|line| log.push_str(&format!("{line}\n")));
    assert_eq!(serving.wait().unwrap().code(), Some(0));
    for part in
        ["/twilio/voice", "SIMULATED", "TWILIO_AUTH_TOKEN", "all others go to `demo`", "through 127.0.0.1:9", "stopped"]
    {
        assert!(log.contains(part), "{part} is not in: {log}");
    }
    assert!(!log.contains("secret"), "the proxy's password: {log}");
    assert!(key.starts_with("sb_") && !log.contains(key.trim()), "the key is in its file only");
}
