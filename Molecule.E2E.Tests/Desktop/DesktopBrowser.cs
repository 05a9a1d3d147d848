using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Logging;
using Microsoft.Playwright;
using Molecule.Contracts.Desktop;
using Molecule.HostTools.Installing;

namespace Molecule.E2E.Tests.Desktop;

/// <summary>Debian's chromium, driven by Playwright, with noVNC in its pages. The pages come from the test itself.</summary>
internal sealed class DesktopBrowser : IAsyncDisposable
{
    private const string Html = """
        <!doctype html>
        <title>desktop</title>
        <div id="screen" style="width: 1024px; height: 768px"></div>
        <script type="module">
          import RFB from '/novnc/core/rfb.js';
          const screen = document.getElementById('screen');
          window.openDesktop = (url, token) => {
            const view = window.view = { state: 'connecting', close: '' };
            const socket = new WebSocket(url, ['binary', `molecule-display-token.${token}`]);
            socket.addEventListener('close', e => { view.close = `${e.code} ${e.reason}`.trim(); });
            const rfb = new RFB(screen, socket);
            rfb.addEventListener('connect', () => { view.state = 'connected'; rfb.focus(); });
            rfb.addEventListener('disconnect', () => { view.state = 'disconnected'; });
          };
          window.colours = () => {
            const canvas = screen.querySelector('canvas');
            if (!canvas || !canvas.width || !canvas.height) return 0;
            return new Set(new Uint32Array(canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
          };
          window.isReady = true;
        </script>
        """;

    // As root a browser has no sandbox; the rest keeps it from asking for its maker's hosts (the run's network leads nowhere, and a look-up is an attempt).
    private static readonly string[] _arguments =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--disable-default-apps", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1",
    ];

    private readonly WebApplication _pages;
    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private DesktopBrowser(WebApplication pages, IPlaywright playwright, IBrowser browser) => (_pages, _playwright, _browser) = (pages, playwright, browser);

    /// <summary><c>chromium 156.0.8078.108</c>.</summary>
    public string Version => $"{DesktopPrograms.Browser} {_browser.Version}";

    /// <summary>Installs noVNC, where it is not yet, and starts the browser.</summary>
    /// <exception cref="InvalidOperationException">There is no chromium on PATH.</exception>
    public static async Task<DesktopBrowser> LaunchAsync(CancellationToken cancellationToken)
    {
        var program = DesktopPrograms.Find(DesktopPrograms.Browser, Environment.GetEnvironmentVariable("PATH"), File.Exists)
            ?? throw new InvalidOperationException($"{DesktopPrograms.Browser} is not on PATH: './molecule setup' installs it as root on Debian.");
        var installer = new PackageInstaller(CacheFolder.OfThisMachine(), TextWriter.Null, TimeProvider.System, Environment.GetEnvironmentVariable);
        var folder = await installer.InstallAsync(PackageSet.NoVnc, cancellationToken);
        var pages = await ServeAsync(Path.Combine(folder, "node_modules", "@novnc", "novnc"), cancellationToken);
        IPlaywright? playwright = null;
        try
        {
            playwright = await Playwright.CreateAsync();
            return new DesktopBrowser(pages, playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions { ExecutablePath = program, Args = _arguments }));
        }
        catch
        {
            playwright?.Dispose();
            await pages.DisposeAsync();
            throw;
        }
    }

    /// <summary>Opens a page in which a desktop can be connected to.</summary>
    public async Task<DesktopPage> OpenAsync(CancellationToken cancellationToken)
    {
        var page = await _browser.NewPageAsync(new BrowserNewPageOptions { ViewportSize = new ViewportSize { Width = 1100, Height = 820 } });
        var complaints = new System.Collections.Concurrent.ConcurrentQueue<string>();
        page.Console += (_, message) => complaints.Enqueue(message.Text);
        page.PageError += (_, error) => complaints.Enqueue(error);
        await page.GotoAsync(_pages.Urls.First()).WaitAsync(cancellationToken);
        await page.WaitForFunctionAsync("() => window.isReady === true").WaitAsync(cancellationToken);
        return new DesktopPage(page, complaints);
    }

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
        await _pages.DisposeAsync();
    }

    // Really on loopback: a page from elsewhere is not let onto it (chromium's local network access checks).
    private static async Task<WebApplication> ServeAsync(string modules, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var app = builder.Build();
        app.UseStaticFiles(new StaticFileOptions { FileProvider = new PhysicalFileProvider(modules), RequestPath = "/novnc" });
        app.MapGet("/", static () => Results.Content(Html, "text/html"));
        await app.StartAsync(cancellationToken);
        return app;
    }
}
