@echo off
rem Runs the perennial command line from a clone, and builds it first if needed.
rem Needs JDK 17 or newer and, to build, Maven 3.8 or newer.
setlocal EnableExtensions DisableDelayedExpansion

set "root=%~dp0"

rem The module that the program is built in, its jar, and the modules that it consists of. The benchmarks have a jar of
rem their own, because they need the libraries that they compare with.
set "module=cli"
set "jar=%root%cli\target\perennial.jar"
set "modules=core transport-netty source-tap source-mongo checkpoint-file checkpoint-redis dead-letter-file simulators cli"
if not "%~1"=="bench" goto module_chosen
set "module=benchmarks"
set "jar=%root%benchmarks\target\benchmarks.jar"
set "modules=core transport-netty source-tap source-mongo simulators benchmarks"
:module_chosen

if not defined JAVA_HOME goto java_on_path
set "java=%JAVA_HOME%\bin\java.exe"
if exist "%java%" goto java_found
echo perennial: JAVA_HOME is "%JAVA_HOME%", but there is no bin\java.exe in it.>&2
echo            Set it to the folder of a JDK 17 or newer, or unset it to use the java on the PATH.>&2
exit /b 1

:java_on_path
set "java="
for %%p in (java.exe) do set "java=%%~$PATH:p"
if defined java goto java_found
echo perennial: no Java found.>&2
echo            Install a JDK 17 or newer (for example Eclipse Temurin), and put its bin folder on the PATH>&2
echo            or its folder into JAVA_HOME.>&2
exit /b 1

:java_found
set "version="
set "home="
for /f "tokens=1,* delims==" %%a in ('^""%java%" -XshowSettings:properties -version 2^>^&1 ^| findstr /c:"java.specification.version ="^"') do set "version=%%b"
for /f "tokens=1,* delims==" %%a in ('^""%java%" -XshowSettings:properties -version 2^>^&1 ^| findstr /c:"java.home ="^"') do set "home=%%b"
if not defined version goto java_broken
if not defined home goto java_broken
set "version=%version: =%"
set "home=%home:~1%"
if "%version:~0,2%"=="1." set "version=%version:~2%"
if %version% geq 17 goto java_new_enough
echo perennial: "%java%" is version %version%, which is too old.>&2
echo            Install a JDK 17 or newer and put its bin folder first on the PATH, or its folder into JAVA_HOME.>&2
exit /b 1

:java_broken
echo perennial: "%java%" does not run, or prints no version:>&2
"%java%" -version
exit /b 1

:java_new_enough
rem Succeeds if the jar is newer than all sources, and than their folders, which change when a file is deleted.
powershell -NoProfile -Command "$ErrorActionPreference = 'Stop'; if (-not (Test-Path -LiteralPath $env:jar)) { exit 1 }; $built = (Get-Item -LiteralPath $env:jar).LastWriteTimeUtc; $files = @(Get-Item -LiteralPath ($env:root + 'pom.xml')); foreach ($module in $env:modules.Split()) { $files += Get-Item -LiteralPath ($env:root + $module + '\pom.xml'); $files += Get-Item -LiteralPath ($env:root + $module + '\src\main'); $files += Get-ChildItem -Recurse -LiteralPath ($env:root + $module + '\src\main') }; foreach ($file in $files) { if ($file.LastWriteTimeUtc -gt $built) { exit 1 } }; exit 0"
if not errorlevel 1 goto run

if exist "%home%\bin\javac.exe" goto jdk_found
echo perennial: "%home%" has no compiler: it is not a JDK.>&2
echo            Install a JDK 17 or newer.>&2
exit /b 1

:jdk_found
set "JAVA_HOME=%home%"
where /q mvn
if not errorlevel 1 goto maven_found
echo perennial: no Maven found.>&2
echo            Install Maven 3.8 or newer and put its bin folder on the PATH.>&2
exit /b 1

:maven_found
set "maven="
for /f "tokens=3" %%v in ('mvn -v ^| findstr /b /c:"Apache Maven"') do set "maven=%%v"
if not defined maven goto maven_broken
for /f "tokens=1,2 delims=." %%a in ("%maven%") do set "major=%%a" & set "minor=%%b"
if %major% gtr 3 goto build
if %major% equ 3 if %minor% geq 8 goto build
echo perennial: Maven %maven% is too old.>&2
echo            Install Maven 3.8 or newer and put its bin folder first on the PATH.>&2
exit /b 1

:maven_broken
echo perennial: mvn -v prints no version:>&2
call mvn -v
exit /b 1

:build
echo perennial: building (once, without tests)>&2
pushd "%root%"
call mvn -B -ntp -Dquick -Dstyle.color=never -pl %module% -am package 1>&2
set "status=%errorlevel%"
popd
if "%status%"=="0" goto built
echo perennial: the build failed with status %status%; Maven's output is above.>&2
exit /b 1

:built
rem Maven does not write a jar whose contents would be the same.
powershell -NoProfile -Command "(Get-Item -LiteralPath $env:jar).LastWriteTimeUtc = [DateTime]::UtcNow"

:run
if "%module%"=="benchmarks" goto run_benchmarks
rem The old console window does not interpret escape sequences.
set "options="
if not defined WT_SESSION if not defined ConEmuANSI set "options=-Dperennial.terminal=false"
"%java%" %options% -jar "%jar%" %*
exit /b %errorlevel%

:run_benchmarks
rem Without the first argument, which is "bench".
set "arguments=%*"
"%java%" -cp "%jar%" dev.perennial.benchmarks.bench.Bench %arguments:~6%
exit /b %errorlevel%
