//! Pages in Chromium, by the DevTools protocol over its pipe. The tests are skipped where there is no Chromium.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// A headless Chromium with one page.
pub struct Browser {
    process: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    session: Option<String>,
    calls: u64,
    /// What the page and the browser complained of.
    pub complaints: Vec<String>,
    /// The addresses that were asked for.
    pub requests: Vec<String>,
    is_loaded: bool,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Starts Chromium, `None` where there is none.
    pub fn start() -> Option<Self> {
        let found = |name: &&str| {
            let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
            version.is_ok_and(|version| version.status.success())
        };
        let Some(name) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(found)
        else {
            eprintln!("skipped: there is no Chromium");
            return None;
        };
        let profile = tempfile::tempdir().expect("a folder for the profile");
        // Chromium reads commands from the file 3 and writes answers to the file 4.
        let script = format!(
            "exec {name} --headless=new --no-sandbox --disable-gpu --no-first-run --remote-debugging-pipe \"--user-data-dir=$0\" 3<&0 4>&1 >/dev/null 2>/dev/null"
        );
        let mut process = Command::new("sh")
            .args(["-c", &script])
            .arg(profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a shell");
        let to = process.stdin.take().expect("it is piped");
        let from = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut browser = Self {
            process,
            to,
            from,
            session: None,
            calls: 0,
            complaints: Vec::new(),
            requests: Vec::new(),
            is_loaded: false,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({ "url": "about:blank" }));
        let target = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.call("Target.attachToTarget", target);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        Some(browser)
    }

    /// Opens a file, and waits until it is loaded.
    pub fn open(&mut self, page: &Path) {
        let address = format!("file://{}", page.display());
        self.is_loaded = false;
        self.call("Page.navigate", json!({ "url": address }));
        while !self.is_loaded {
            self.next();
        }
        self.requests.retain(|url| *url != address);
    }

    /// Returns the value of an expression in the page.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let parameters =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", parameters);
        assert!(answer["exceptionDetails"].is_null(), "{answer:#}");
        answer["result"]["value"].clone()
    }

    fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.calls += 1;
        let mut message = json!({ "id": self.calls, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            message["sessionId"] = session.as_str().into();
        }
        write!(self.to, "{message}\0").and_then(|()| self.to.flush()).expect("it reads");
        loop {
            let answer = self.next();
            if answer["id"] == self.calls {
                assert!(answer["error"].is_null(), "{method}: {answer:#}");
                return answer["result"].clone();
            }
        }
    }

    /// Reads a message, and notes what it tells.
    fn next(&mut self) -> Value {
        let mut bytes = Vec::new();
        self.from.read_until(0, &mut bytes).expect("it writes");
        assert_eq!(bytes.pop(), Some(0), "Chromium ended");
        let message: Value = serde_json::from_slice(&bytes).expect("JSON");
        let about = &message["params"];
        match message["method"].as_str().unwrap_or_default() {
            "Runtime.consoleAPICalled" => self.complaints.push(about["args"].to_string()),
            "Runtime.exceptionThrown" => {
                self.complaints.push(about["exceptionDetails"].to_string())
            }
            "Log.entryAdded" => self.complaints.push(about["entry"]["text"].to_string()),
            "Network.requestWillBeSent" => {
                self.requests.extend(about["request"]["url"].as_str().map(str::to_owned));
            }
            "Page.loadEventFired" => self.is_loaded = true,
            _ => {}
        }
        message
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
