class Moorline < Formula
  desc "Declarative desired state for Intune and Entra device settings"
  homepage "@REPOSITORY@"
  version "@VERSION@"
  license any_of: ["MIT", "Apache-2.0"]

  on_macos do
    on_arm do
      url "@URL aarch64-apple-darwin@"
      sha256 "@SHA256 aarch64-apple-darwin@"
    end
    on_intel do
      url "@URL x86_64-apple-darwin@"
      sha256 "@SHA256 x86_64-apple-darwin@"
    end
  end

  on_linux do
    on_arm do
      url "@URL aarch64-unknown-linux-musl@"
      sha256 "@SHA256 aarch64-unknown-linux-musl@"
    end
    on_intel do
      url "@URL x86_64-unknown-linux-musl@"
      sha256 "@SHA256 x86_64-unknown-linux-musl@"
    end
  end

  def install
    bin.install "moorline"
    man1.install Dir["man/man1/*.1"]
    bash_completion.install "completions/moorline.bash" => "moorline"
    zsh_completion.install "completions/_moorline"
    fish_completion.install "completions/moorline.fish"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/moorline --version")
    assert_match "windows10CustomConfiguration", shell_output("#{bin}/moorline kinds windows custom")
  end
end
