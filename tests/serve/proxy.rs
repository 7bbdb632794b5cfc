//! Proxies of others in front of an application, configured as `docs/serving.md` prints it.

use crate::http::{Connection, Response, Server, request};
use crate::markdown::{Block, blocks};
use crate::support::Sandbox;
use std::fs::{self, File, Permissions};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The page with the recipes.
const PAGE: &str = include_str!("../../docs/serving.md");

/// How long a proxy may take to start.
const START: Duration = Duration::from_secs(60);

/// How often a proxy may find its port taken by somebody else.
const TRIES: usize = 5;

/// The variable with the folder of what `clients/install.sh` installs.
pub const CLIENTS: &str = "TOKCTL_TEST_CLIENTS";

const MODULES: &str = "/usr/lib/apache2/modules";

/// A proxy that tests start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Nginx,
    Caddy,
    Apache,
    Traefik,
    Envoy,
}

impl Kind {
    pub const ALL: [Kind; 5] = [Kind::Nginx, Kind::Caddy, Kind::Apache, Kind::Traefik, Kind::Envoy];

    /// The heading on the page whose section has its block.
    fn heading(self) -> &'static str {
        match self {
            Kind::Nginx => "nginx",
            Kind::Caddy => "Caddy",
            Kind::Apache => "Apache",
            Kind::Traefik => "Traefik",
            Kind::Envoy => "Envoy",
        }
    }

    /// Whether the recipe requires the scope for every path, and not only for `/posts/`.
    pub fn requires_scope_everywhere(self) -> bool {
        matches!(self, Kind::Traefik | Kind::Envoy)
    }

    /// The program, and where it is from.
    fn program(self) -> (&'static str, &'static str) {
        match self {
            Kind::Nginx => ("nginx", "install nginx"),
            Kind::Caddy => ("caddy", "install caddy"),
            Kind::Apache => ("apache2", "install apache2, libapache2-mod-auth-openidc, openssl"),
            Kind::Traefik => ("traefik", "run tests/serve/clients/install.sh"),
            Kind::Envoy => ("envoy", "run tests/serve/clients/install.sh"),
        }
    }

    /// Where the program is; `None` without it, which is said.
    fn installed(self) -> Option<PathBuf> {
        let (name, how) = self.program();
        let own = std::env::var_os(CLIENTS).map(|folder| PathBuf::from(folder).join("venv/bin"));
        let folders = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];
        let mut folders = folders.iter().map(PathBuf::from).chain(own);
        let found = folders.find_map(|folder| Some(folder.join(name)).filter(|path| path.exists()));
        let is_complete = self != Kind::Apache
            || fs::exists(format!("{MODULES}/mod_auth_openidc.so")).unwrap_or(false);
        let found = found.filter(|_| is_complete);
        if found.is_none() {
            say_skipped(&format!("no {name} ({how})"));
        }
        found
    }

    /// The configuration as printed, with these in the place of what the page has: the port of tokctl,
    /// that of the application, and that of the proxy.
    fn printed(self, sandbox: &Sandbox, tokctl: &str, application: u16, port: u16) -> String {
        let in_sandbox = |name| sandbox.path(name).to_str().unwrap().to_string();
        let mut replacements = match self {
            Kind::Envoy => vec![],
            _ => {
                vec![
                    (":7380", format!(":{tokctl}")),
                    ("127.0.0.1:8080", format!("127.0.0.1:{application}")),
                ]
            }
        };
        replacements.extend(match self {
            Kind::Nginx => vec![("listen 80;", format!("listen 127.0.0.1:{port};"))],
            Kind::Caddy => vec![("api.example.com {", format!("http://127.0.0.1:{port} {{"))],
            Kind::Apache => vec![
                ("<VirtualHost *:80>", format!("<VirtualHost *:{port}>")),
                ("/etc/ssl/tokctl.pem", in_sandbox("tokctl.pem")),
                ("/etc/apache2/tokctl-client.conf", in_sandbox("tokctl-client.conf")),
            ],
            Kind::Traefik => vec![("api.example.com", "127.0.0.1".to_string())],
            Kind::Envoy => vec![
                ("0.0.0.0, port_value: 80 ", format!("127.0.0.1, port_value: {port} ")),
                ("port_value: 7380", format!("port_value: {tokctl}")),
                ("port_value: 8080", format!("port_value: {application}")),
            ],
        });
        let mut text = block_below(self.heading()).text;
        for (old, new) in replacements {
            assert!(text.contains(old), "{old} is not in the recipe for {self:?}");
            text = text.replace(old, &new);
        }
        text
    }

    /// A configuration that includes the file `site`, and nothing that the recipe is about.
    fn main_configuration(self, sandbox: &Sandbox, port: u16) -> String {
        let folder = sandbox.path("").to_str().unwrap().trim_end_matches('/').to_string();
        match self {
            Kind::Nginx => format!(
                "daemon off; master_process off; pid {folder}/pid; error_log stderr;
                events {{}}
                http {{
                    access_log off;
                    client_body_temp_path {folder}/1; proxy_temp_path {folder}/2;
                    fastcgi_temp_path {folder}/3; uwsgi_temp_path {folder}/4;
                    scgi_temp_path {folder}/5;
                    include {folder}/site.yaml;
                }}"
            ),
            Kind::Caddy => {
                let options = format!("admin off\nauto_https off\nstorage file_system {folder}/c");
                format!("{{\n{options}\n}}\nimport {folder}/site.yaml\n")
            }
            Kind::Traefik => format!(
                "entryPoints: {{ web: {{ address: '127.0.0.1:{port}' }} }}\n\
                 providers: {{ file: {{ filename: {folder}/site.yaml }} }}\n"
            ),
            // What the page has is all.
            Kind::Envoy => String::new(),
            Kind::Apache => {
                let names = "mpm_event authn_core authz_core authz_user headers proxy proxy_http \
                             auth_openidc";
                let modules = names
                    .split(' ')
                    .map(|name| format!("LoadModule {name}_module {MODULES}/mod_{name}.so\n"));
                format!(
                    "ServerRoot {folder}\nServerName localhost\nPidFile {folder}/pid\n\
                     DefaultRuntimeDir {folder}\nMutex file:{folder} default\n\
                     ErrorLog /dev/stderr\n{}User nobody\nGroup nogroup\n\
                     Listen 127.0.0.1:{port}\nInclude {folder}/site.yaml\n",
                    modules.collect::<String>()
                )
            }
        }
    }

    fn command(self, program: &PathBuf, configuration: &str) -> Command {
        let mut command = Command::new(program);
        match self {
            Kind::Nginx => command.args(["-e", "stderr", "-c", configuration]),
            Kind::Caddy => {
                command.args(["run", "--adapter", "caddyfile", "--config", configuration])
            }
            // One process, in the foreground.
            Kind::Apache => command.args(["-X", "-f", configuration]),
            Kind::Traefik => command.arg(format!("--configFile={configuration}")),
            Kind::Envoy => {
                let site = configuration.replace("main.yaml", "site.yaml");
                command.args(["--disable-hot-restart", "--concurrency", "1", "-l", "warn"]);
                command.args(["-c", &site])
            }
        };
        command
    }
}

/// Says why a test does nothing; not captured, unlike what `println!` prints.
pub fn say_skipped(why: &str) {
    let _ = io::stderr().write_all(format!("skipped: {why}\n").as_bytes());
}

/// The block below a heading of the page.
pub fn block_below(heading: &str) -> Block<'static> {
    let heading = format!("\n## {heading}\n");
    let mut fitting = blocks(PAGE).into_iter().filter(|block| block.prose.contains(&heading));
    fitting.next().unwrap_or_else(|| panic!("no block below {heading}"))
}

/// A client's way: a proxy, the application behind it, and tokctl beside it.
pub struct Scene {
    pub kind: Kind,
    pub sandbox: Sandbox,
    pub tokctl: Server,
    pub application: Application,
    proxy: Proxy,
}

impl Scene {
    /// The scene for a proxy; `None` if that is not installed.
    pub fn of(kind: Kind) -> Option<Self> {
        let program = kind.installed()?;
        let sandbox = Sandbox::with_alice();
        let tokctl = match kind {
            Kind::Apache => with_tls(&sandbox),
            _ => Server::start(&sandbox),
        };
        // Apache reads the certificate as nobody.
        fs::set_permissions(sandbox.path(""), Permissions::from_mode(0o755)).unwrap();
        let application = Application::start();
        let (_, port_of_tokctl) = tokctl.address.rsplit_once(':').unwrap();
        let proxy = Proxy::start(kind, &program, &sandbox, |port| {
            kind.printed(&sandbox, port_of_tokctl, application.port, port)
        });
        Some(Scene { kind, sandbox, tokctl, application, proxy })
    }

    /// The scenes for all proxies that are installed.
    pub fn all() -> impl Iterator<Item = Self> {
        Kind::ALL.into_iter().filter_map(Scene::of)
    }

    /// The answer to a request with a bearer token.
    #[track_caller]
    pub fn get(&self, path: &str, secret: &str) -> Response {
        self.request("GET", path, &[("Authorization", &format!("Bearer {secret}"))], "")
    }

    /// The answer to any request.
    #[track_caller]
    pub fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Response {
        request(&self.proxy.address, method, path, headers, body)
    }

    /// A connection to the proxy.
    pub fn connect(&self) -> Connection {
        Connection::to(&self.proxy.address)
    }

    /// Asserts that a request was refused: with this status and challenge, and not let in.
    #[track_caller]
    pub fn assert_refused(&self, response: Response, status: u16, challenge: &str) {
        let Scene { kind, application, .. } = self;
        assert_eq!(response.status, status, "{kind:?}: {response:#?}");
        let sent = response.header("www-authenticate").unwrap_or_default();
        assert!(sent.starts_with("Bearer ") && sent.contains(challenge), "{kind:?}: {response:#?}");
        assert_eq!(application.received(), [""; 0], "{kind:?}");
    }
}

/// A server with a certificate, and a file with the secret of a token that may introspect.
fn with_tls(sandbox: &Sandbox) -> Server {
    let (certificate, key) = (sandbox.path("tokctl.pem"), sandbox.path("tokctl.key"));
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    let script = format!(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
         -subj /CN=localhost -addext subjectAltName=DNS:localhost -keyout {key} -out {certificate}"
    );
    sandbox.shell(&script).go().exits(0);
    fs::set_permissions(certificate, Permissions::from_mode(0o644)).unwrap();
    let secret = sandbox.create(&["--scope", "tokctl.introspect"]);
    sandbox.file("tokctl-client.conf", format!("OIDCOAuthClientSecret {secret}\n"));
    Server::with(sandbox, &["--tls-cert", certificate, "--tls-key", key])
}

/// A running proxy, which is killed when it is dropped.
struct Proxy {
    process: Child,
    address: String,
}

impl Proxy {
    /// Starts a proxy whose site is configured like this.
    fn start(
        kind: Kind,
        program: &PathBuf,
        sandbox: &Sandbox,
        site: impl Fn(u16) -> String,
    ) -> Self {
        let log = sandbox.path("proxy.log");
        for _ in 0..TRIES {
            let port = free_port();
            sandbox.file("site.yaml", site(port));
            let configuration = sandbox.file("main.yaml", kind.main_configuration(sandbox, port));
            let mut command = kind.command(program, &configuration);
            let output = File::create(&log).unwrap();
            command.env("HOME", sandbox.path("")).current_dir(sandbox.path(""));
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(output);
            let process = command.spawn().unwrap();
            let mut proxy = Proxy { process, address: format!("127.0.0.1:{port}") };
            if proxy.answers() {
                return proxy;
            }
        }
        panic!("{kind:?} does not start: {}", fs::read_to_string(log).unwrap());
    }

    /// Waits until it answers, or has ended. Traefik knows no site before it has read its file.
    fn answers(&mut self) -> bool {
        let started = Instant::now();
        while started.elapsed() < START && self.process.try_wait().unwrap().is_none() {
            if TcpStream::connect(&self.address).is_ok()
                && request(&self.address, "GET", "/", &[], "").status != 404
            {
                return true;
            }
            thread::sleep(Duration::from_millis(20));
        }
        false
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A port that nobody listens at. Proxies cannot tell which one they got.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// An application that answers every request with 200, and keeps what it received.
pub struct Application {
    port: u16,
    received: Arc<Mutex<Vec<String>>>,
}

impl Application {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(Mutex::default());
        let application = Application { port, received: Arc::clone(&received) };
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let received = Arc::clone(&received);
                thread::spawn(move || answer(stream, &received));
            }
        });
        application
    }

    /// The requests since the last call: the request line, the headers with lower-case names, an empty
    /// line, and the body.
    pub fn received(&self) -> Vec<String> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

fn answer(stream: TcpStream, received: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    let (mut length, mut is_chunked) = (0, false);
    loop {
        let line = line(&mut reader);
        // Whoever only looks whether somebody listens sends nothing.
        if head.is_empty() && line.is_empty() {
            return;
        }
        let Some((name, value)) = line.split_once(": ") else {
            head += &format!("{line}\n");
            if line.is_empty() { break } else { continue }
        };
        let name = name.to_ascii_lowercase();
        match name.as_str() {
            "content-length" => length = value.parse().unwrap(),
            "transfer-encoding" => is_chunked = value == "chunked",
            _ => {}
        }
        head += &format!("{name}: {value}\n");
    }
    let body = if is_chunked { chunks(&mut reader) } else { exactly(&mut reader, length) };
    received.lock().unwrap().push(head + &String::from_utf8_lossy(&body));
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nConnection: close\r\n\r\nok\n";
    let _ = reader.get_mut().write_all(answer.as_bytes());
}

fn line(reader: &mut impl BufRead) -> String {
    let mut line = String::new();
    let _ = reader.read_line(&mut line);
    line.trim_end().to_string()
}

fn exactly(reader: &mut impl BufRead, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    reader.read_exact(&mut bytes).unwrap();
    bytes
}

/// A body that is transferred in chunks (RFC 9112 §7.1), without trailers.
fn chunks(reader: &mut impl BufRead) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let length = usize::from_str_radix(&line(reader), 16).unwrap();
        body.extend(exactly(reader, length));
        line(reader);
        if length == 0 {
            return body;
        }
    }
}
