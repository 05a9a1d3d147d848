@echo off
rem The command of Molecule E2E on Windows: builds, then hands over to Molecule.Cli. What needs Linux is reported as unchecked.
setlocal
where dotnet >nul 2>nul || (echo molecule: the .NET 10 SDK is not on PATH. 1>&2 & exit /b 2)
dotnet build "%~dp0Molecule.sln" --verbosity quiet --nologo 1>&2 || (echo molecule: the build failed. 1>&2 & exit /b 2)
for /f "delims=" %%p in ('dotnet msbuild "%~dp0Molecule.Cli\Molecule.Cli.csproj" -getProperty:TargetPath') do set "cli=%%p"
dotnet "%cli%" %*
exit /b %errorlevel%
