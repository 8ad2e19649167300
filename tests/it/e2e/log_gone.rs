//! Whoever reads the log may go away: lines are lost then, and no call.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::e2e::child::free_address;
use crate::e2e::ground::Folder;
use crate::e2e::knock::{FORM, Knocker, form, leg, ringing};
use crate::e2e::outside::TOKEN;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_whose_log_nobody_takes_serves_on_and_ends_in_order() {
    for format in ["text", "json"] {
        let (folder, addr) = (Folder::new("log-gone"), free_address());
        let mut serve = Command::new(env!("CARGO_BIN_EXE_switchboard"));
        serve.arg("serve").current_dir(folder.path()).env_clear();
        serve
            .env("BIND", addr.to_string())
            .env("LOG_FORMAT", format)
            .env("LOG_LEVEL", "debug")
            .env("TWILIO_AUTH_TOKEN", TOKEN);
        serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut process = serve.spawn().unwrap();
        let mut log = BufReader::new(process.stderr.take().unwrap()).lines();
        assert!(log.any(|line| line.unwrap().contains("127.0.0.1")), "it begins");
        drop(log);
        let knocker = Knocker::new(addr);
        for number in 0..3 {
            // Each refusal is a line.
            let (status, _) =
                knocker.post("/twilio/voice", FORM, "forged", form(&ringing(&leg(number))).into_bytes()).await;
            assert_eq!(status, 403, "{format}");
        }
        let id = process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        let ended = tokio::task::spawn_blocking(move || process.wait().unwrap()).await.unwrap();
        assert_eq!(ended.code(), Some(0), "{format}: {ended}");
    }
}
