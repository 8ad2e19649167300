//! Forged requests to a real gateway with a real database: refused, every one, and the database is as it was.

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, Connection, SqliteConnection};
use switchboard::sim::model::ModelScript;

use crate::e2e::child::{Gateway, Heard};
use crate::e2e::ground::{Folder, PATIENCE};
use crate::e2e::knock::{FORM, Knocker, form, leg, ringing, sign};
use crate::e2e::outside::{Outside, TOKEN};
use crate::support::conformance;

const MUTATIONS: u32 = 1000;

const SIGN: &str = "
import sys
sys.path.insert(0, sys.argv[1])
from twilio_sign import sign_form, HMAC_SHA1
for line in sys.stdin.read().splitlines():
    print(sign_form(sys.argv[2], 'https://gw.test/twilio/voice', line, HMAC_SHA1))
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_forged_requests_are_refused_and_the_database_is_unchanged() {
    let folder = Folder::new("signatures");
    let url = format!("sqlite://{}", folder.path().join("calls.db").display());
    let outside = Outside::start(ModelScript::echo()).await;
    let settings = outside.settings(folder.path(), &url);
    let mut gateway = Gateway::start(folder.path(), outside.gateway, &settings).await;
    let knocker = Knocker::new(outside.gateway);
    let before = content(&url).await;

    let seed = fastrand::u64(..);
    eprintln!("seed {seed}");
    let mut rng = fastrand::Rng::with_seed(seed);
    for number in 0..MUTATIONS {
        let mut pairs = ringing(&leg(0xF00 + number));
        pairs.push(("SpeechResult".to_owned(), "caf\u{e9} & =".to_owned()));
        let mut target = "/twilio/voice?org=a%20b&x=".to_owned();
        let mut signed = sign(&target, &pairs);
        let at = rng.usize(0..pairs.len());
        match number % 4 {
            0 => signed = mutated(&signed, &mut rng),
            1 => target = format!("/twilio/voice?{}", mutated("org=a%20b&x=", &mut rng)),
            2 => pairs[at].0 = mutated(&pairs[at].0, &mut rng),
            _ => pairs[at].1 = mutated(&pairs[at].1, &mut rng),
        }
        let (status, _) = knocker.post(&target, FORM, &signed, form(&pairs).into_bytes()).await;
        assert_eq!(status, 403, "mutation {number}: {target} {pairs:?} {signed}");
    }
    assert_eq!(content(&url).await, before);

    // The same requests, not forged, are calls: what was refused was refused for its signature.
    let pairs = ringing(&leg(0xF00));
    assert_eq!(knocker.webhook("/twilio/voice", &pairs).await.0, 200);
    official(&knocker).await;
    let mut heard = Heard::default();
    gateway.listen(&mut heard, PATIENCE, |heard| heard.count() > 0).await;
    gateway.kill(&mut heard).await;
    assert!(heard.panics.is_empty() && heard.errors.is_empty(), "{:?} {:?}", heard.panics, heard.errors);
    assert_ne!(content(&url).await, before);
}

/// What the official library signs is taken.
async fn official(knocker: &Knocker) {
    let bodies: Vec<String> = [0xE00, 0xE01].map(|number| form(&ringing(&leg(number)))).into();
    let folder = conformance::folder();
    let arguments = ["-c", SIGN, folder.to_str().unwrap(), TOKEN];
    let Some(output) = conformance::python(&arguments, bodies.join("\n").as_bytes()) else { return };
    conformance::assert_content(&output);
    let signatures = String::from_utf8(output.stdout).unwrap();
    assert_eq!(signatures.lines().count(), bodies.len());
    for (body, signed) in bodies.into_iter().zip(signatures.lines()) {
        assert_eq!(knocker.post("/twilio/voice", FORM, signed, body.into_bytes()).await.0, 200);
    }
}

/// Replaces, removes or inserts one character; the result always differs.
fn mutated(text: &str, rng: &mut fastrand::Rng) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    let (at, with) = (rng.usize(0..=chars.len()), rng.alphanumeric());
    match rng.u8(0..3) {
        0 if at < chars.len() && chars[at] != with => chars[at] = with,
        1 if at < chars.len() => {
            chars.remove(at);
        }
        _ => chars.insert(at, with),
    }
    chars.into_iter().collect()
}

/// Every value of every table but the one that beats while the process lives.
async fn content(url: &str) -> Vec<String> {
    let options: SqliteConnectOptions = url.parse().unwrap();
    let mut db = SqliteConnection::connect_with(&options).await.unwrap();
    let list = "select name from sqlite_master where type = 'table' and name <> 'leases' order by name";
    let tables: Vec<String> = sqlx::query_scalar(list).fetch_all(&mut db).await.unwrap();
    assert!(tables.len() > 7, "{tables:?}");
    let mut content = Vec::new();
    for table in tables {
        let columns = "select group_concat('quote(' || name || ')', ' || ''|'' || ') from pragma_table_info($1)";
        let columns: String = sqlx::query_scalar(columns).bind(&table).fetch_one(&mut db).await.unwrap();
        let rows = format!("select '{table}: ' || {columns} as line from {table} order by line");
        content.extend(sqlx::query_scalar::<_, String>(AssertSqlSafe(rows)).fetch_all(&mut db).await.unwrap());
    }
    content
}
