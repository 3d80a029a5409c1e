//! Runs a project as its driver in `drivers/` says: commands with their arguments and exit codes, and requests to a server.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use crate::workspace::{Workspace, home};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Plan {
    /// Functions that open, name or fill spans for others: `file:name`.
    pub(crate) helpers: Vec<String>,
    /// Functions that run while telemetry is set up or ended: a span in there is none, whoever asks for it.
    set_up: Vec<String>,
    run: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    env: toml::Table,
    #[serde(default)]
    stdin: String,
    #[serde(default)]
    exit: i32,
    /// The program serves: it prints `listening on ADDRESS`, is asked all of these, and is interrupted.
    #[serde(default)]
    request: Vec<Request>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Request {
    path: String,
    #[serde(default = "get")]
    method: String,
    #[serde(default)]
    headers: Vec<String>,
    #[serde(default)]
    body: String,
    status: u16,
}

fn get() -> String {
    "GET".to_owned()
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Plan {
    pub(crate) fn read(project: &str) -> Result<Plan> {
        let path = home().join("drivers").join(format!("{project}.toml"));
        let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
        toml::from_str(&text).with_context(|| path.display().to_string())
    }

    pub(crate) fn helper(&self, file: &str, name: &str) -> bool {
        self.helpers.contains(&format!("{file}:{name}"))
    }

    pub(crate) fn sets_up(&self, file: &str, name: &str) -> bool {
        self.set_up.contains(&format!("{file}:{name}"))
    }
}

pub(crate) fn drive(workspace: &Workspace, project: &str, plan: &Plan, log: &Path) -> Result<()> {
    fs::write(log, "")?;
    let folder = workspace.root.join("work").join(project);
    for (number, run) in plan.run.iter().enumerate() {
        // Every run begins in an empty folder.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        let mut command = Command::new(workspace.binary(project));
        command
            .args(&run.args)
            .current_dir(&folder)
            .env("REALITY_OUT", log)
            .env("REALITY_ROOT", &workspace.root);
        for (key, value) in &run.env {
            command.env(key, value.as_str().unwrap_or_default());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        one(command, run).with_context(|| format!("{project}: run {number}, {:?}", run.args))?;
    }
    Ok(())
}

fn one(mut command: Command, run: &Run) -> Result<()> {
    let mut child = command.spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        let _ = stdin.write_all(run.stdin.as_bytes());
    }
    let stderr = child.stderr.take().map(|it| std::thread::spawn(move || text(it)));
    let mut stdout = BufReader::new(child.stdout.take().context("no output")?);
    let asked = if run.request.is_empty() { Ok(()) } else { ask_all(&child, &mut stdout, &run.request) };
    // Who is not listened to any more may hang.
    let drained = std::thread::spawn(move || text(stdout));
    let status = wait(&mut child)?;
    let errors = stderr.and_then(|it| it.join().ok()).unwrap_or_default();
    let output = drained.join().unwrap_or_default();
    asked.with_context(|| errors.clone())?;
    if status != Some(run.exit) {
        bail!("status {status:?} instead of {}\n{output}\n{errors}", run.exit);
    }
    Ok(())
}

fn ask_all(child: &Child, stdout: &mut impl BufRead, requests: &[Request]) -> Result<()> {
    let asked =
        listening(stdout).and_then(|address| requests.iter().try_for_each(|request| ask(&address, request)));
    let interrupted = Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    asked?;
    if !interrupted.success() {
        bail!("the server was gone before it was asked to end");
    }
    Ok(())
}

fn listening(stdout: &mut impl BufRead) -> Result<String> {
    let mut line = String::new();
    while stdout.read_line(&mut line)? > 0 {
        if let Some((_, address)) = line.split_once("listening on ") {
            return Ok(address.trim().to_owned());
        }
        line.clear();
    }
    bail!("it ended without `listening on ADDRESS`")
}

fn ask(address: &str, request: &Request) -> Result<()> {
    let Request { path, method, headers, body, status } = request;
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let headers: String = headers.iter().map(|it| format!("{it}\r\n")).collect();
    let length = body.len();
    write!(stream, "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n")?;
    write!(stream, "content-type: application/json\r\ncontent-length: {length}\r\n{headers}\r\n{body}")?;
    let answer = text(stream);
    let got = answer.split(' ').nth(1).and_then(|it| it.parse::<u16>().ok());
    if got != Some(*status) {
        bail!("{method} {path}: {got:?} instead of {status}\n{answer}");
    }
    Ok(())
}

fn wait(child: &mut Child) -> Result<Option<i32>> {
    let start = Instant::now();
    while start.elapsed() < PATIENCE {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.kill()?;
    bail!("it did not end in {PATIENCE:?}")
}

fn text(mut from: impl Read) -> String {
    let mut out = Vec::new();
    let _ = from.read_to_end(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}
