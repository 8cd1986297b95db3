//! What the binary does where the system lacks something, as an empty container does.

use insta::assert_snapshot;

use crate::support::Workspace;

#[test]
fn without_root_certificates_the_error_says_how_to_have_them() {
    let workspace = Workspace::tenant(&[]);
    let run = workspace.run_with(&["plan"], &[("SSL_CERT_FILE", "missing.pem")]).expect(1);
    assert_snapshot!(run.stderr, @"
    warning[tenant/no-manifests]: this tenant declares nothing: no manifest was found
     --> moorline.yaml:2:7
      |
    2 | kind: Tenant
      |       ^^^^^^
      |
      = help: name their files or folders: `spec: { manifests: [policies] }`
    error[io/tls]: the HTTP client cannot be set up
      caused by: builder error
      caused by: unexpected error: No CA certificates were loaded from the system

    hint: Install the system's root certificates (the package `ca-certificates`), or name a file of them in PEM: `SSL_CERT_FILE=/path/to/roots.pem`.
    ");
}

#[test]
fn the_sandbox_needs_no_root_certificates() {
    let workspace = Workspace::example("contoso");
    workspace.run_with(&["plan", "--sandbox"], &[("SSL_CERT_FILE", "missing.pem")]).expect(0);
}
